using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CarShare.LocalKafka;

/// <summary>
/// One client connection: frames are passed on unread, except the two kinds of answer that name the broker's address.
/// </summary>
public sealed class Session(Socket client, IPEndPoint broker, int advertisedPort)
{
    const short Metadata = 3;
    const short FindCoordinator = 10;
    const int CopySize = 64 * 1024;

    readonly Socket server = new(broker.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
    readonly ConcurrentDictionary<int, bool> naming = new();
    readonly byte[] actual = Address(broker, broker.Port);
    readonly byte[] advertised = Address(broker, advertisedPort);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            client.NoDelay = server.NoDelay = true;
            await server.ConnectAsync(broker, cancellationToken);
            await Task.WhenAny(RequestsAsync(cancellationToken), AnswersAsync(cancellationToken)).Unwrap();
        }
        catch (Exception e)
            when (e is SocketException or EndOfStreamException or OperationCanceledException or ObjectDisposedException)
        {
            // either side hung up: so does the other
        }
        finally
        {
            client.Dispose();
            server.Dispose();
        }
    }

    async Task RequestsAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[CopySize];
        while (true)
        {
            const int header = 12;   // size, api key, api version, correlation id
            await ReadAsync(client, buffer.AsMemory(0, header), cancellationToken);
            var size = BinaryPrimitives.ReadInt32BigEndian(buffer);
            var api = BinaryPrimitives.ReadInt16BigEndian(buffer.AsSpan(4));
            if (api is Metadata or FindCoordinator)
                naming[BinaryPrimitives.ReadInt32BigEndian(buffer.AsSpan(8))] = true;
            await CopyAsync(client, server, buffer, header, size + 4 - header, cancellationToken);
        }
    }

    async Task AnswersAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[CopySize];
        while (true)
        {
            const int header = 8;   // size, correlation id
            await ReadAsync(server, buffer.AsMemory(0, header), cancellationToken);
            var size = BinaryPrimitives.ReadInt32BigEndian(buffer);
            var rest = size + 4 - header;
            if (naming.TryRemove(BinaryPrimitives.ReadInt32BigEndian(buffer.AsSpan(4)), out _))
                await RewriteAsync(buffer.AsMemory(0, header), rest, cancellationToken);
            else
                await CopyAsync(server, client, buffer, header, rest, cancellationToken);
        }
    }

    async Task RewriteAsync(ReadOnlyMemory<byte> header, int rest, CancellationToken cancellationToken)
    {
        var frame = new byte[header.Length + rest];
        header.CopyTo(frame);
        await ReadAsync(server, frame.AsMemory(header.Length), cancellationToken);
        // host and port stand next to each other in every version of both answers
        for (int at = header.Length,
            found; (found = frame.AsSpan(at).IndexOf(actual)) >= 0; at += found + actual.Length)
            advertised.CopyTo(frame, at + found);
        await SendAsync(client, frame, cancellationToken);
    }

    static async Task CopyAsync(
        Socket from, Socket to, byte[] buffer, int have, int rest, CancellationToken cancellationToken)
    {
        while (true)
        {
            var take = Math.Min(rest, buffer.Length - have);
            if (take > 0)
            {
                var read = await from.ReceiveAsync(buffer.AsMemory(have, take), cancellationToken);
                if (read == 0) throw new EndOfStreamException();
                have += read;
                rest -= read;
            }
            await SendAsync(to, buffer.AsMemory(0, have), cancellationToken);
            if (rest == 0) return;
            have = 0;
        }
    }

    static async Task ReadAsync(Socket socket, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (buffer.Length > 0)
        {
            var read = await socket.ReceiveAsync(buffer, cancellationToken);
            if (read == 0) throw new EndOfStreamException();
            buffer = buffer[read..];
        }
    }

    static async Task SendAsync(Socket socket, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (bytes.Length > 0) bytes = bytes[await socket.SendAsync(bytes, cancellationToken)..];
    }

    static byte[] Address(IPEndPoint broker, int port)
    {
        var writer = new ArrayBufferWriter<byte>();
        writer.Write(Encoding.ASCII.GetBytes(broker.Address.ToString()));
        BinaryPrimitives.WriteInt32BigEndian(writer.GetSpan(4), port);
        writer.Advance(4);
        return writer.WrittenSpan.ToArray();
    }
}
