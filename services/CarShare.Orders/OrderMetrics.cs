using System.Diagnostics.Metrics;
using CarShare.Contracts;
using CarShare.Messaging;

namespace CarShare.Orders;

/// <summary>What became of orders, counted from what was committed.</summary>
sealed class OrderMetrics : IFactObserver
{
    const int Version = 7;

    readonly Counter<long> _orders;
    readonly Histogram<double> _toDispatch;

    public OrderMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("CarShare.Orders");
        _orders = meter.CreateCounter<long>("carshare.orders", "{order}", "Orders by what became of them, and why");
        _toDispatch = meter.CreateHistogram<double>(
            "carshare.order.dispatch.duration", "s", "From taking an order to the car's departure",
            advice: new()
            {
                HistogramBucketBoundaries = [1, 5, 15, 60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400],
            });
    }

    public void Committed(object fact)
    {
        switch (fact)
        {
            case OrderPlaced: Count("placed"); break;
            case OrderAwaitingPayment: Count("awaiting_payment"); break;
            case OrderRejected rejected: Count("rejected", rejected.Reason); break;
            case OrderCancelled cancelled: Count("cancelled", cancelled.Reason.ToString()); break;
            case OrderReturned: Count("returned"); break;
            // The id is made when the order is taken, and says when.
            case OrderProgressed { Status: OrderStatus.Dispatched, OrderId: { Version: Version } id } progressed:
                _toDispatch.Record(Math.Max(0, (progressed.OccurredAt - PlacedAt(id)).TotalSeconds));
                break;
        }
    }

    /// <summary>An order refused before anybody else had heard of it: nothing is announced.</summary>
    public void Refused(string reason) => Count("rejected", reason);

    void Count(string outcome, string? reason = null)
    {
        if (reason is null) _orders.Add(1, new KeyValuePair<string, object?>("carshare.order.outcome", outcome));
        else
            _orders.Add(1, new("carshare.order.outcome", outcome), new KeyValuePair<string, object?>(
                "carshare.order.reason", reason));
    }

    /// <summary>The first 48 bits of a UUIDv7 are its time in milliseconds.</summary>
    static DateTimeOffset PlacedAt(Guid id)
    {
        var bytes = id.ToByteArray(bigEndian: true);
        var milliseconds = 0L;
        foreach (var b in bytes.AsSpan(0, 6)) milliseconds = (milliseconds << 8) | b;
        return DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
    }
}
