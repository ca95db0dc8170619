using CarShare.Contracts;

namespace CarShare.LoadTests.Checking;

/// <summary>What must be true of one order across all stores; each method is one rule.</summary>
static class OrderRules
{
    public static IEnumerable<Violation> Of(Dossier d)
    {
        if (d.Order is null) return NothingWithoutOrder(d);
        return [.. Price(d), .. OnePayment(d), .. NoMoneyHeld(d), .. OneDelivery(d), .. ItsCars(d), .. NoCarHeld(
            d), .. NotifiedOnce(d), .. PageRules.Of(d)];
    }

    static IEnumerable<Violation> NothingWithoutOrder(Dossier d)
    {
        string[] found =
        [
            .. d.Payment is null ? [] : (string[])["a payment"], .. d.Ledger.Count == 0
                ? []
                : (string[])["ledger entries"], .. d.Delivery is null ? [] : (string[])["a delivery"],
            .. d.Stock is null && d.Held.Count == 0 ? [] : (string[])["a reservation"], .. d.Events.Count == 0
                ? []
                : (string[])["events"], .. d.Notifications.Count == 0 ? [] : (string[])["notifications"],
        ];
        return [d.Says(Rules.NothingWithoutOrder, $"there is no such order, but {string.Join(", ", found)}")];
    }

    static IEnumerable<Violation> Price(Dossier d)
    {
        var order = d.Order!;
        if (d.IsAccepted && order.Amount != order.Rate * order.Hours * order.Quantity)
            yield return d.Says(
                Rules.Priced, $"{order.Amount} for {order.Quantity} cars and {order.Hours} hours at {order.Rate}");
    }

    static IEnumerable<Violation> OnePayment(Dossier d)
    {
        if (!d.IsAccepted) yield break;
        var (order, paid) = (d.Order!, d.Payment);
        if (paid is not { Status: PaymentStatus.Approved } || paid.PaymentId != order.PaymentId
            || paid.Amount != order.Amount || paid.Customer != order.Customer)
        {
            yield return d.Says(Rules.OnePayment,
                $"{order.Status} with payment {order.PaymentId} of {order.Amount}, payments has {paid}");
            yield break;
        }

        var fee = d.Events.FirstOrDefault(e => e.LateFee > 0)?.LateFee;
        List<LedgerRow> expected = [new(LedgerEntryKind.Payment, -order.Amount!.Value, order.Customer), .. fee is null
            ? []
            : (LedgerRow[])[new(LedgerEntryKind.LateFee, -fee.Value, order.Customer)]];
        if (!expected.ToHashSet().SetEquals(d.Ledger) || d.Ledger.Count != expected.Count || paid.LateFee != fee)
            yield return d.Says(Rules.OnePayment,
                $"{order.Status}, {order.Amount} and late fee {fee ?? 0}; the ledger has {List(d.Ledger)}");
    }

    static IEnumerable<Violation> NoMoneyHeld(Dossier d)
    {
        if (d.IsAccepted) yield break;
        if (d.Payment?.Status == PaymentStatus.Approved || d.Ledger.Sum(entry => entry.Amount) != 0
            || d.Ledger.Any(entry => entry.Kind == LedgerEntryKind.LateFee))
            yield return d.Says(Rules.EndedHoldsNoMoney,
                $"{d.Order!.Status}, but the payment is {d.Payment?.Status} and the ledger has {List(d.Ledger)}");
    }

    static IEnumerable<Violation> OneDelivery(Dossier d)
    {
        var (order, delivery) = (d.Order!, d.Delivery);
        DeliveryStatus?[] fitting = order.Status switch
        {
            OrderStatus.Preparing => [DeliveryStatus.Preparing],
            OrderStatus.Dispatched => [DeliveryStatus.Dispatched],
            OrderStatus.InUse or OrderStatus.Returned => [DeliveryStatus.Delivered],
            OrderStatus.Cancelled =>
                [null, DeliveryStatus.Cancelled, DeliveryStatus.Retrieving, DeliveryStatus.Retrieved],
            // an accepted order is prepared at once
            OrderStatus.Placed => [],
            _ => [null],
        };
        if (!fitting.Contains(delivery?.Status))
            yield return d.Says(
                Rules.OneDelivery, $"{order.Status}, but the delivery is {delivery?.Status.ToString() ?? "not there"}");
        else if (d.IsAccepted && (delivery!.Customer != order.Customer || !delivery.Cars.SequenceEqual(order.Cars)))
            yield return d.Says(
                Rules.OneDelivery,
                $"brings {List(delivery.Cars)} to {delivery.Customer}; "
                    + $"the order is {List(order.Cars)} for {order.Customer}");
    }

    static IEnumerable<Violation> ItsCars(Dossier d)
    {
        var order = d.Order!;
        if ((!d.IsAccepted && order.Status != OrderStatus.AwaitingPayment) || order.Status == OrderStatus.Returned)
            yield break;
        var held = d.Held.Select(car => car.VehicleId).ToList();
        if (order.Cars.Length != order.Quantity || !held.SequenceEqual(order.Cars)
            || !d.OpenReservations.SequenceEqual(order.Cars))
            yield return d.Says(
                Rules.HoldsItsCars,
                $"{order.Quantity} cars, {List(order.Cars)}; stocks holds {List(held)}, "
                    + $"reserved are {List(d.OpenReservations)}");
        var expected = order.Status == OrderStatus.InUse ? VehicleState.InUse : VehicleState.Available;
        foreach (var car in d.Held.Where(car => car.State != expected && car.State != VehicleState.Defective))
            yield return d.Says(Rules.HoldsItsCars, $"{order.Status}, but car {car.VehicleId} is {car.State}");
    }

    static IEnumerable<Violation> NoCarHeld(Dossier d)
    {
        if (d.HasEnded && (d.Held.Count > 0 || d.OpenReservations.Count > 0))
            yield return d.Says(
                Rules.EndedHoldsNoCar,
                $"{d.Order!.Status}, but holds {List(d.Held.Select(car => car.VehicleId))}, "
                    + $"reserved are {List(d.OpenReservations)}");
    }

    static IEnumerable<Violation> NotifiedOnce(Dossier d)
    {
        var told = d.Events.Where(e => IsTold(e.Type) || IsReplacement(d, e)).ToDictionary(e => e.Id);
        var heard = d.Notifications.ToLookup(n => n.Id);
        foreach (var silent in told.Values.Where(e => !heard.Contains(e.Id)))
            yield return d.Says(Rules.NotifiedOnce, $"nobody was told of {silent.Kind} ({silent.Id})");
        foreach (var extra in d.Notifications.Where(n => !told.TryGetValue(n.Id, out var e) || e.Kind != n.Kind))
            yield return d.Says(Rules.NotifiedOnce, $"told of {extra.Kind}, which has no event ({extra.Id})");
        foreach (var twice in heard.Where(n => n.Count() > 1))
            yield return d.Says(Rules.NotifiedOnce, $"told {twice.Count()} times ({twice.Key})");
    }

    static bool IsTold(string type) =>
        type != OrderProgressed.Type && (type.StartsWith("carshare.order.", StringComparison.Ordinal)
            || type.StartsWith("carshare.payment.", StringComparison.Ordinal)
            || type.StartsWith("carshare.delivery.", StringComparison.Ordinal) || type == UsageBilled.Type);

    /// <summary>Of the cars the customer was promised; stocks does not know whose the order is before that.</summary>
    static bool IsReplacement(Dossier d, EventRow e) => e.Type == VehicleReassigned.Type
        && d.Events.FirstOrDefault(placed => placed.Type == OrderPlaced.Type) is { } promised
        && e.Revision > promised.Revision;

    static string List<T>(IEnumerable<T> items) => $"[{string.Join(", ", items)}]";

    public static Violation Says(this Dossier d, string rule, string what) => new(rule, d.OrderId.ToString(), what);
}
