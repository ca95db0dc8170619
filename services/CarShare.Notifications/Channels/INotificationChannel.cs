namespace CarShare.Notifications.Channels;

/// <summary>A way to reach a customer outside CarShare.</summary>
public interface INotificationChannel
{
    string Name { get; }

    /// <summary>
    /// Hands the letter over; throws when that did not work. The same letter may come twice and must be recognisable by
    /// its id.
    /// </summary>
    /// <exception cref="UndeliverableException">It never will work.</exception>
    Task Send(Letter letter, CancellationToken ct);
}

/// <summary>A notification on its way. <c>Email</c> is the address the customer gave, if any.</summary>
public sealed record Letter(
    Guid NotificationId, string CustomerId, Guid? OrderId, string Kind, string TextKo, string TextEn,
    DateTimeOffset CreatedAt,
    int Attempt, string? Email = null);

/// <summary>How a letter fared.</summary>
/// <param name="Letter">The letter.</param>
/// <param name="Error">Null when it was handed over.</param>
/// <param name="RetryAfter">Null when nothing more is tried.</param>
public sealed record Outcome(Letter Letter, string? Error = null, TimeSpan? RetryAfter = null);

public sealed class UndeliverableException(string message) : Exception(message);
