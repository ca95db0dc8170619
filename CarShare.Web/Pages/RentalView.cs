using CarShare.Web.Api;

namespace CarShare.Web.Pages;

/// <summary>
/// One rental as it is shown. It comes from the customer's own page (a view made of events) or, while that is away or
/// does
/// not know the order yet, from the order itself; then the parts of other services are missing.
/// </summary>
public sealed record RentalView(
    Guid OrderId, string CustomerId, string? Status, string? Reason, string? ModelName, int? Quantity, int? Hours,
        decimal? Amount,
    string? Address, Contact? Contact, IReadOnlyList<VehicleRef> Vehicles, DateTimeOffset? DeliveredAt,
        DateTimeOffset? ReturnBy,
    DateTimeOffset? ReturnedAt, decimal? Refunded, int? LateHours, decimal? LateFee, decimal? Owed,
        string? DeliveryStatus,
    string? Shipper, int? RemainingStock, IReadOnlyList<TimelineEntry> Timeline, DateTimeOffset? ExpiresAt,
        Guid? ProductId)
{
    public bool MayCancel => Status is "Pending" or "AwaitingPayment" or "Placed" or "Preparing" or "Dispatched";

    public bool MayReturn => Status is "InUse";

    public bool MayPay => Status is "AwaitingPayment";

    /// <summary>The statuses it had, as far as the timeline tells.</summary>
    public IEnumerable<string> Before => Timeline.Select(entry => entry.Event switch
    {
        "order.placed" or "Placed" => "Placed",
        "delivery.preparing" or "Preparing" => "Preparing",
        "delivery.dispatched" or "Dispatched" => "Dispatched",
        "delivery.delivered" or "InUse" => "InUse",
        _ => "",
    });

    public static RentalView Of(Rental page) => new(
        page.OrderId, page.CustomerId, page.OrderStatus, page.Reason, page.ModelName, page.Quantity, page.Hours,
            page.Amount,
        page.DeliveryAddress, page.Contact, page.Vehicles ?? [], page.DeliveredAt, page.ReturnBy, page.ReturnedAt,
        page.Refunded ?? (page.PaymentStatus == "Refunded" ? page.Amount : null), page.LateHours, page.LateFee,
            page.Owed,
        page.DeliveryStatus, page.Shipper, page.RemainingStock, page.Timeline ?? [], page.ExpiresAt, page.ProductId);

    public static RentalView Of(Order order) => new(
        order.OrderId, order.CustomerId, order.Status, order.Reason, order.ModelName, order.Quantity, order.Hours,
            order.Amount,
        order.DeliveryAddress, null, order.Vehicles ?? [], order.DeliveredAt, order.ReturnBy,
        order.History?.FirstOrDefault(step => step.Status == "Returned")?.At, null, null, null, null, null, null, null,
        [.. (order.History ?? []).Select(step => new TimelineEntry(step.At, step.Status, null))], order.ExpiresAt,
            order.ProductId);

    /// <summary>What the order knows and the page, which follows it, does not yet.</summary>
    public RentalView With(Order? order) => order is null ? this : this with
    {
        Status = order.Status,
        Hours = Hours ?? order.Hours,
        Address = Address ?? order.DeliveryAddress,
        Reason = Reason ?? order.Reason,
        Amount = Amount ?? order.Amount,
        ModelName = ModelName ?? order.ModelName,
        ExpiresAt = ExpiresAt
            ?? order.ExpiresAt,
        Quantity = Quantity ?? order.Quantity,
    };
}
