namespace CarShare.CustomerPages.Domain;

/// <summary>
/// What one event tells a customer page. Merging changes is commutative and repeatable, so neither their order nor a
/// replay matters.
/// </summary>
/// <param name="OrderId">Whose page it is.</param>
/// <param name="CustomerId">Null for an event that knows only the order; it waits until another event names the
/// customer.</param>
/// <param name="At">When it happened.</param>
/// <param name="Event">Its short name.</param>
/// <param name="Text">The same for people.</param>
/// <param name="Facts">What the event knows of the page's fields.</param>
public sealed record PageChange(
    Guid OrderId, string? CustomerId, DateTimeOffset At, string Event, string Text, params IReadOnlyList<Fact> Facts)
{
    /// <summary>What it knows of the customer beside the order.</summary>
    public IReadOnlyList<Fact> OfCustomer { get; init; } = [];

    /// <summary>What it took from the deposit without saying what is left.</summary>
    public decimal? Debit { get; init; }
}

/// <summary>What an event tells of a customer alone.</summary>
public sealed record CustomerChange(string CustomerId, params IReadOnlyList<Fact> Facts);

/// <summary>
/// A value for one field; null says nothing. The highest rank wins and among equal ranks the highest sequence, so only
/// events of one source may share a field and a rank.
/// </summary>
public sealed record Fact(Field Field, object? Value, long Rank = 0);

/// <summary>
/// What is known from events: first the fields of a page in the order they are written, then what belongs to the
/// customer and is joined at read.
/// </summary>
public enum Field
{
    OrderStatus, Reason, PaymentStatus, DeliveryStatus, ProductId, ModelName, Quantity, Hours, HourlyRate, Amount,
    DeliveryAddress,
    Contact, Vehicles, DeliveredAt, ReturnBy, ReturnedAt, Refunded, LateHours, LateFee, Shipper, Owed, Balance,
}

/// <summary>Stock of a product; the highest version wins.</summary>
public sealed record ProductChange(Guid ProductId, long Version, int Available, string ModelName);
