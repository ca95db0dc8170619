using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace CarShare.Orders.Grpc;

/// <summary>
/// The body of a call as gRPC frames it: a byte that says whether the message is compressed, its length, itself, and
/// nothing behind it. Whatever else comes is the caller's mistake; the framework, which finds it while it reads, takes
/// it for a fault of the service.
/// </summary>
sealed class OneMessage(PipeReader body) : PipeReader, IRequestBodyPipeFeature
{
    const int HeaderLength = 5;

    ReadOnlySequence<byte> _seen;
    long _taken, _end = long.MaxValue;

    /// <summary>Puts it between the server and whatever reads the endpoint's requests.</summary>
    public static void Check(EndpointBuilder endpoint)
    {
        var next = endpoint.RequestDelegate!;
        endpoint.RequestDelegate = http =>
        {
            http.Features.Set<IRequestBodyPipeFeature>(new OneMessage(http.Request.BodyReader));
            return next(http);
        };
    }

    public PipeReader Reader => this;

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
        Checked(await body.ReadAsync(cancellationToken));

    public override bool TryRead(out ReadResult result)
    {
        if (!body.TryRead(out result)) return false;
        Checked(result);
        return true;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _taken += _seen.Slice(0, consumed).Length;
        body.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => body.CancelPendingRead();

    public override void Complete(Exception? exception = null) => body.Complete(exception);

    ReadResult Checked(ReadResult read)
    {
        _seen = read.Buffer;
        if (_taken == 0 && new SequenceReader<byte>(_seen).TryPeek(out var isCompressed))
        {
            if (isCompressed > 1) throw Messages.Invalid("message", "must begin with a byte that is 0 or 1");
            if (_seen.Length >= HeaderLength) _end = HeaderLength + LengthOf(_seen.Slice(1, HeaderLength - 1));
        }

        if (_taken + _seen.Length > _end) throw Messages.Invalid("message", "must be one, with nothing behind it");
        return read;
    }

    static long LengthOf(ReadOnlySequence<byte> four)
    {
        Span<byte> bytes = stackalloc byte[HeaderLength - 1];
        four.CopyTo(bytes);
        return BinaryPrimitives.ReadUInt32BigEndian(bytes);
    }
}
