namespace CarShare.ServiceDefaults;

/// <summary>
/// The time in microseconds, as PostgreSQL keeps it: an instant reads the same in an answer, an event and after a
/// restart.
/// </summary>
public sealed class Clock : TimeProvider
{
    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        var now = base.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }
}
