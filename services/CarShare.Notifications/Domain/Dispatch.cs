namespace CarShare.Notifications.Domain;

public enum DispatchStatus { Pending, Sent, Failed }

/// <summary>How far a notification has come on one channel.</summary>
public sealed class Dispatch
{
    public required string Name { get; init; }

    public DispatchStatus Status { get; init; }

    public int Attempts { get; init; }

    /// <summary>Null once nothing is to be done any more.</summary>
    public DateTimeOffset? NextAttemptAt { get; init; }

    public string? LastError { get; init; }

    public static Dispatch Waiting(string channel, DateTimeOffset from) => new() { Name = channel, NextAttemptAt = from };

    public static Dispatch Done(string channel) => new() { Name = channel, Status = DispatchStatus.Sent, Attempts = 1 };
}
