using CarShare.Contracts;

namespace CarShare.Notifications.Domain;

/// <summary>Other cars for an order, as they were told of.</summary>
public sealed record Replacement(Guid EventId, DateTimeOffset At, int Revision, IReadOnlyList<VehicleRef> Vehicles);

/// <summary>
/// Whose an order is, and which of its cars the customer was told of last: stocks, which replaces cars, does not know
/// the customer, and what it says may come before the order.
/// </summary>
public sealed class Rental
{
    public Guid OrderId { get; init; }

    /// <summary>Null until the order is placed.</summary>
    public string? CustomerId { get; private set; }

    public int Revision { get; private set; }

    /// <summary>Replacements that came before the order.</summary>
    public IReadOnlyList<Replacement> Waiting { get; private set; } = [];

    /// <returns>Replacements the customer has to hear of: those of the cars just promised.</returns>
    public IReadOnlyList<Replacement> Place(string customerId, int revision)
    {
        if (CustomerId is not null) return [];
        var news = Waiting.Where(replacement => replacement.Revision > revision)
            .OrderBy(replacement => replacement.Revision).ToList();
        (CustomerId, Waiting) = (customerId, []);
        Revision = news.Count == 0 ? revision : news[^1].Revision;
        return news;
    }

    /// <returns>True when the customer has to hear of it now.</returns>
    public bool Replace(Replacement replacement)
    {
        if (CustomerId is null)
        {
            if (Waiting.All(known => known.Revision != replacement.Revision)) Waiting = [.. Waiting, replacement];
            return false;
        }

        if (replacement.Revision <= Revision) return false;
        Revision = replacement.Revision;
        return true;
    }
}
