using CarShare.Notifications.Domain;

namespace CarShare.Notifications.Channels;

/// <summary>How letters are sent, configuration section <c>Sender</c>.</summary>
public sealed class SenderOptions
{
    /// <summary>Longest time one letter may take.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Letters of one channel under way at once, per replica.</summary>
    public int Parallel { get; set; } = 16;

    /// <summary>Wait after the first failure; doubles with each further one.</summary>
    public TimeSpan RetryAfter { get; set; } = TimeSpan.FromSeconds(1);

    public TimeSpan LongestRetryAfter { get; set; } = TimeSpan.FromMinutes(5);

    public int MaxAttempts { get; set; } = 20;

    internal RetryPlan Plan => new(RetryAfter, LongestRetryAfter, MaxAttempts);
}
