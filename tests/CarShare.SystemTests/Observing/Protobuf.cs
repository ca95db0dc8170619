using System.Buffers.Binary;
using System.Text;

namespace CarShare.SystemTests.Observing;

/// <summary>
/// A field of a protobuf message as it stands on the wire: a number, or bytes that are a text or a message again.
/// </summary>
public readonly record struct Field(int Number, ulong Value, ReadOnlyMemory<byte> Bytes)
{
    public string Text => Encoding.UTF8.GetString(Bytes.Span);

    public string Hex => Convert.ToHexStringLower(Bytes.Span);

    /// <summary>The fields of the message in <see cref="Bytes"/>.</summary>
    public IEnumerable<Field> Fields => Protobuf.Read(Bytes);

    /// <summary>Those of this number.</summary>
    public IEnumerable<Field> All(int number) => Fields.Where(f => f.Number == number);

    public Field? One(int number) => Fields.Cast<Field?>().FirstOrDefault(f => f!.Value.Number == number);
}

/// <summary>
/// Reads protobuf without a schema: what OTLP says is given by field numbers, in opentelemetry-proto.
/// </summary>
public static class Protobuf
{
    public static IEnumerable<Field> Read(ReadOnlyMemory<byte> message)
    {
        while (message.Length > 0)
        {
            var tag = Number(ref message);
            var number = (int)(tag >> 3);
            switch (tag & 7)
            {
                case 0:
                    yield return new(number, Number(ref message), default);
                    break;
                case 1:
                    yield return new(number, BinaryPrimitives.ReadUInt64LittleEndian(message.Span), default);
                    message = message[8..];
                    break;
                case 2:
                    var length = (int)Number(ref message);
                    yield return new(number, 0, message[..length]);
                    message = message[length..];
                    break;
                case 5:
                    yield return new(number, BinaryPrimitives.ReadUInt32LittleEndian(message.Span), default);
                    message = message[4..];
                    break;
                default:
                    throw new InvalidDataException($"Wire type {tag & 7} of field {number}.");
            }
        }
    }

    static ulong Number(ref ReadOnlyMemory<byte> rest)
    {
        var (value, shift) = (0UL, 0);
        while (true)
        {
            var b = rest.Span[0];
            rest = rest[1..];
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80) return value;
            shift += 7;
        }
    }
}
