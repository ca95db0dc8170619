namespace CarShare.Stocks.Domain;

/// <summary>
/// What stocks knows of an order: the row every transaction about it locks first, kept also for an order that never
/// reserved anything.
/// </summary>
public sealed class StockOrder
{
    public Guid OrderId { get; init; }
    public Guid? ProductId { get; init; }
    public int? Quantity { get; init; }

    /// <summary>As they were when it reserved: a later price is for later orders.</summary>
    public string? ModelName { get; init; }
    public decimal? HourlyRate { get; init; }

    /// <summary>The one car asked for by name.</summary>
    public Guid? WantedVehicleId { get; init; }

    /// <summary>
    /// That of the cars it has, and 1 before it has any: one more with each replacement. 0 while only events were heard
    /// of it.
    /// </summary>
    public int Revision { get; internal set; }

    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? HandedOverAt { get; private set; }
    public DateTimeOffset? RetrievedAt { get; private set; }

    /// <summary>Rejected, cancelled or returned: from then on nothing is reserved for it any more.</summary>
    public DateTimeOffset? ClosedAt { get; private set; }

    public uint Xmin { get; init; }

    /// <summary>Cars of which this is the <see cref="Vehicle.LastOrderId"/>.</summary>
    public List<Vehicle> Vehicles { get; } = [];

    public List<Reservation> Reservations { get; } = [];

    public IEnumerable<Vehicle> Held => Vehicles.Where(v => v.OrderId == OrderId).OrderBy(v => v.VehicleId);

    /// <summary>Ends the order's hold on its cars, once.</summary>
    /// <param name="now">When.</param>
    /// <param name="leftAt">Where the customer left the cars; null when they were never handed over.</param>
    public void Close(DateTimeOffset now, string? leftAt = null)
    {
        if (ClosedAt is not null) return;
        ClosedAt = now;
        foreach (var car in Held.ToList())
        {
            car.Release();
            car.Location = leftAt ?? car.Location;
        }

        foreach (var open in Reservations.Where(r => r.ReleasedAt is null)) open.ReleasedAt = now;
    }

    public void HandOver(DateTimeOffset now)
    {
        if (ClosedAt is not null || HandedOverAt is not null || Revision == 0) return;
        HandedOverAt = now;
        foreach (var car in Held) car.HandOver();
    }

    /// <summary>Cars that nobody rented since are back where they belong.</summary>
    public void BringBack(IReadOnlyCollection<Guid> vehicleIds, string home, DateTimeOffset now)
    {
        if (RetrievedAt is not null) return;
        RetrievedAt = now;
        foreach (var car in Vehicles.Where(v => vehicleIds.Contains(v.VehicleId))) car.Location = home;
    }

    /// <summary>Gives the order another car for one that broke before it was handed over.</summary>
    public void Replace(Vehicle broken, Vehicle replacement, DateTimeOffset now)
    {
        Revision++;
        broken.Release();
        Reservations.Single(r => r.VehicleId == broken.VehicleId && r.ReleasedAt is null).ReleasedAt = now;
        replacement.ReserveFor(OrderId);
        if (!Vehicles.Contains(replacement)) Vehicles.Add(replacement);
        Reservations.Add(new()
        {
            OrderId = OrderId,
            VehicleId = replacement.VehicleId,
            Revision = Revision,
            ReservedAt = now
        });
    }
}
