namespace CarShare.Notifications.Domain;

/// <summary>Waits twice as long after each failure, up to a limit, and gives up in the end.</summary>
public sealed record RetryPlan(TimeSpan First, TimeSpan Longest, int MaxAttempts)
{
    /// <returns>Null when it is time to give up.</returns>
    public TimeSpan? After(int failures) =>
        failures >= MaxAttempts ? null
            : TimeSpan.FromTicks((long)Math.Min(Longest.Ticks, First.Ticks * Math.Pow(2, failures - 1)));
}
