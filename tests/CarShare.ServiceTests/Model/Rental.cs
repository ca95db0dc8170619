using System.Net;
using CarShare.Contracts;

namespace CarShare.ServiceTests.Model;

/// <summary>
/// One request for cars as the model knows it: which ends the answers so far leave open. Between an answer and the next
/// rest the other services may not know of it yet.
/// </summary>
sealed record Rental(string Customer, Guid ProductId, int Quantity, int Hours)
{
    public const decimal Rate = 100;

    static readonly OrderStatus[] s_rented = [OrderStatus.Placed, OrderStatus.InUse];

    public string Key { get; } = Guid.NewGuid().ToString();

    public decimal Price => Rate * Quantity * Hours;

    public Guid? OrderId { get; set; }

    /// <summary>The first answer that was one: a repeat gets the same.</summary>
    public HttpStatusCode? Answer { get; set; }

    public IReadOnlyList<VehicleRef> Vehicles { get; set; } = [];

    /// <summary>How it may end; null stands for no order at all.</summary>
    public HashSet<OrderStatus?> Ends { get; } = [null];

    /// <summary>
    /// Attempts for which stocks may have cars, and payments money: one that was answered 503 gives them back later.
    /// </summary>
    public int MostHolding { get; private set; }

    public int MostPaid { get; private set; }

    /// <summary>The customer has the cars, as far as deliveries is concerned.</summary>
    public bool IsHandedOver { get; set; }

    /// <summary>Nothing happened to it since the last rest.</summary>
    public bool IsSettled { get; private set; }

    /// <summary>Deliveries brings nothing but what is placed for sure.</summary>
    public bool MayBeDelivered => OrderId is not null && Vehicles.Count > 0 && Ends.SetEquals([OrderStatus.Placed]);

    public bool MayBeCancelled => Ends.Overlaps([OrderStatus.Placed, OrderStatus.Cancelled])
        || (IsHandedOver && !IsSettled && Ends.Contains(OrderStatus.InUse));

    public bool MayBeUncancellable => Ends.Overlaps([OrderStatus.InUse, OrderStatus.Returned, OrderStatus.Rejected]);

    public bool SurelyHolds => Ends.All(end => end is { } status && s_rented.Contains(status));

    public bool IsSurelyPaid => Ends.All(end => end is { } status && IsPaid(status));

    public static bool IsPaid(OrderStatus status) => s_rented.Contains(status) || status == OrderStatus.Returned;

    public static bool Holds(OrderStatus status) => s_rented.Contains(status);

    public void Becomes(params OrderStatus?[] ends)
    {
        Ends.Clear();
        Ends.UnionWith(ends);
        IsSettled = false;
    }

    public void MayAlsoBecome(params OrderStatus?[] ends)
    {
        Ends.UnionWith(ends);
        IsSettled = false;
    }

    public void Settle(OrderStatus? status)
    {
        Becomes(status);
        (MostHolding, MostPaid) = status is { } end ? (Holds(end) ? 1 : 0, IsPaid(end) ? 1 : 0) : (0, 0);
        IsSettled = true;
    }

    /// <summary>Another attempt is under way: it may take cars and money once more.</summary>
    public void Try()
    {
        MostHolding++;
        MostPaid++;
        IsSettled = false;
    }

    public override string ToString() =>
        $"{Quantity} cars for {Price} ({OrderId}), which ends as {string.Join(" or ", Ends)}";
}
