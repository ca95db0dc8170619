namespace CarShare.CustomerPages.Domain;

/// <summary>What one event tells a customer page. Merging changes is commutative and repeatable, so neither their order nor a replay matters.</summary>
/// <param name="CustomerId">Null for an event that knows only the order; it waits until another event names the customer.</param>
/// <param name="Facts">What the event knows of the page's fields.</param>
public sealed record PageChange(Guid OrderId, string? CustomerId, DateTimeOffset At, string Event, params IReadOnlyList<Fact> Facts);

/// <summary>A value for one field. The highest rank wins and among equal ranks the highest sequence, so only events of one source may share a field and a rank.</summary>
public sealed record Fact(Field Field, object Value, long Rank = 0);

/// <summary>The fields of a page that come from events, in the order they are written.</summary>
public enum Field { OrderStatus, PaymentStatus, DeliveryStatus, ProductId, ModelName, Quantity, Amount, Vehicles, DeliveredAt, ReturnBy }

/// <summary>Stock of a product; the highest version wins.</summary>
public sealed record ProductChange(Guid ProductId, long Version, int Available, string ModelName);
