using CarShare.Contracts;

namespace CarShare.LoadTests.Checking;

/// <summary>The customer page of an order, against what the services that own the facts say.</summary>
static class PageRules
{
    // a page keeps the ticks of an event, a row microseconds
    static readonly TimeSpan Rounding = TimeSpan.FromMicroseconds(2);

    public static IEnumerable<Violation> Of(Dossier d)
    {
        // A page begins when orders announces the order; one refused without a word has none.
        var isExpected = d.Events.Any(e => e.Type.StartsWith("carshare.order.", StringComparison.Ordinal));
        if ((d.Page is not null, d.IsListed) != (isExpected, isExpected))
        {
            var (there, listed) = (d.Page is null ? "is missing" : "is there", d.IsListed ? "is" : "is not");
            var what =
                $"{d.Order!.Status} with {d.Events.Count} events: the page {there} and {listed} in the customer's list";
            return [d.Says(Rules.OnePage, what)];
        }

        return d.Page is null ? [] : [.. Truth(d, d.Page), .. Timeline(d, d.Page)];
    }

    static IEnumerable<Violation> Truth(Dossier d, CustomerPageDto page)
    {
        var (order, payment, delivery) = (d.Order!, d.Payment, d.Delivery);
        var isPlaced = d.Has(OrderPlaced.Type);
        var isAgreed = isPlaced || d.Has(OrderAwaitingPayment.Type);
        var hasCars = isPlaced || d.Has(VehicleReassigned.Type);
        (string Field, object? Shown, object? True)[] fields =
        [
            ("orderStatus", page.OrderStatus, order.Status),
            ("paymentStatus", page.PaymentStatus, payment?.Status),
            ("deliveryStatus", page.DeliveryStatus, delivery?.Status),
            ("productId", page.ProductId, order.Product),
            ("modelName", page.ModelName, isAgreed ? order.ModelName : null),
            ("quantity", page.Quantity, order.Quantity),
            ("amount", page.Amount, isAgreed ? order.Amount : payment?.Amount),
            ("customerId", page.CustomerId, order.Customer),
            ("hours", page.Hours, isAgreed ? order.Hours : null),
            ("hourlyRate", page.HourlyRate, isAgreed ? order.Rate : null),
            ("deliveryAddress", page.DeliveryAddress, isAgreed ? order.Address : null),
            ("refunded", page.Refunded, d.Has(PaymentRefunded.Type) ? payment?.Amount : null),
            ("lateFee", page.LateFee, d.Events.FirstOrDefault(e => e.Type == OrderReturned.Type)?.LateFee),
        ];
        foreach (var (field, shown, truth) in fields.Where(f => !Equals(f.Shown, f.True)))
            yield return Wrong(d, field, shown, truth);
        var cars = page.Vehicles.Select(car => car.VehicleId).Order().ToList();
        if (!cars.SequenceEqual(hasCars ? order.Cars : []))
            yield return Wrong(d, "vehicles", string.Join(", ", cars), string.Join(", ", order.Cars));
        if (Differ(page.DeliveredAt, delivery?.DeliveredAt))
            yield return Wrong(d, "deliveredAt", page.DeliveredAt, delivery?.DeliveredAt);
        if (Differ(page.ReturnBy, order.ReturnBy)) yield return Wrong(d, "returnBy", page.ReturnBy, order.ReturnBy);
    }

    static IEnumerable<Violation> Timeline(Dossier d, CustomerPageDto page)
    {
        var shown = page.Timeline.Select(entry => entry.Event).Order(StringComparer.Ordinal).ToList();
        var told = d.Events.Select(e => e.Kind).Order(StringComparer.Ordinal).ToList();
        if (!shown.SequenceEqual(told))
            yield return d.Says(
                Rules.TimelineIsComplete, $"shows {string.Join(", ", shown)}; happened {string.Join(", ", told)}");
    }

    static bool Differ(DateTimeOffset? shown, DateTime? truth) => shown is null != truth is null
        || (shown is { } s && truth is { } t && (s.UtcDateTime - t).Duration() > Rounding);

    static Violation Wrong(Dossier d, string field, object? shown, object? truth) =>
        d.Says(Rules.PageIsTruth, $"{field} shows {shown ?? "nothing"}, true is {truth ?? "nothing"}");
}
