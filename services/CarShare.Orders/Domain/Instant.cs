namespace CarShare.Orders.Domain;

/// <summary>Times in the microseconds that a row can keep: an answer or an event never says more than what can be read again.</summary>
public static class Instant
{
    public static DateTimeOffset Now(this TimeProvider clock) => clock.GetUtcNow().InMicroseconds();

    public static DateTimeOffset InMicroseconds(this DateTimeOffset time) => time.AddTicks(-(time.Ticks % TimeSpan.TicksPerMicrosecond));
}
