namespace CarShare.Orders.Domain;

/// <summary>
/// Times in the microseconds that a row can keep: an answer or an event never says more than what can be read again.
/// </summary>
public static class Instant
{
    public static DateTimeOffset Now(this TimeProvider clock) => clock.GetUtcNow().InMicroseconds();

    public static DateTimeOffset InMicroseconds(this DateTimeOffset time) =>
        time.AddTicks(-(time.Ticks % TimeSpan.TicksPerMicrosecond));

    /// <summary>The lowest UUIDv7 of the millisecond this one is of.</summary>
    public static Guid Lowest(this Guid version7)
    {
        Span<byte> bytes = stackalloc byte[16];
        version7.TryWriteBytes(bytes, bigEndian: true, out _);
        (bytes[6], bytes[8]) = (0x70, 0x80);
        bytes[7] = 0;
        bytes[9..].Clear();
        return new(bytes, bigEndian: true);
    }
}
