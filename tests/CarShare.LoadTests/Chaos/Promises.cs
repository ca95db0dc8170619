using CarShare.Contracts;
using CarShare.LoadTests.Checking;

namespace CarShare.LoadTests.Chaos;

enum Promised { Known, Accepted, Cancelled, Returned, Broken }

/// <summary>What an answer said of an order.</summary>
sealed record Promise(Guid OrderId, Promised What);

static class Promises
{
    /// <summary>Compares what was answered with what is stored in the end.</summary>
    public static async Task<List<Violation>> Check(
        Stores stores, IReadOnlyCollection<Promise> promises, CancellationToken ct)
    {
        var states = new Dictionary<Guid, OrderStatus>();
        await foreach (var (id, status) in stores.Orders.Rows(
            "SELECT order_id, status FROM orders", r => (r.GetGuid(0), Enum.Parse<OrderStatus>(r.GetString(1))), ct))
            states[id] = status;
        return [.. promises.Where(p => !IsKept(p, states.TryGetValue(p.OrderId, out var status) ? status : null))
            .Select(p => new Violation(Rules.AnswersAreKept, p.OrderId.ToString(),
                $"answered {p.What}, stored {(states.TryGetValue(p.OrderId, out var status) ? status : "nothing")}"))];
    }

    static bool IsKept(Promise promise, OrderStatus? stored) => promise.What switch
    {
        Promised.Known => stored is not null,
        Promised.Accepted =>
            stored is not (null or OrderStatus.Pending or OrderStatus.AwaitingPayment or OrderStatus.Rejected),
        Promised.Cancelled => stored == OrderStatus.Cancelled,
        Promised.Returned => stored == OrderStatus.Returned,
        _ => false,
    };
}
