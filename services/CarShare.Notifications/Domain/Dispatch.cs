namespace CarShare.Notifications.Domain;

public enum DispatchStatus { Pending, Sent, Failed }

/// <summary>
/// How far a notification has come on one channel outside CarShare; in the inbox it is as soon as it is stored.
/// </summary>
public sealed class Dispatch
{
    public required string Name { get; init; }

    public DispatchStatus Status { get; init; }

    public int Attempts { get; init; }

    /// <summary>Null once nothing is to be done any more.</summary>
    public DateTimeOffset? NextAttemptAt { get; init; }

    public string? LastError { get; init; }

    public static Dispatch Waiting(string channel, DateTimeOffset from) =>
        new() { Name = channel, NextAttemptAt = from };
}
