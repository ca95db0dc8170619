using CarShare.Contracts;
using CarShare.Orders.Clients;
using CarShare.Orders.Data;
using CarShare.Orders.Domain;
using CarShare.ServiceDefaults;

namespace CarShare.Orders.Features;

/// <summary>
/// Both commits of an order of nobody, and the calls to its neighbours: what is done for the first time is slow.
/// </summary>
static class Rehearsal
{
    /// <summary>What is away must not keep this process from starting: it is tried for a few seconds.</summary>
    public static WarmUp Neighbours { get; } = new("its neighbours", async (services, ct) =>
    {
        await using var scope = services.CreateAsyncScope();
        var rate = scope.ServiceProvider.GetRequiredService<StocksClient>().HourlyRate(Guid.NewGuid(), ct);
        var balance = scope.ServiceProvider.GetRequiredService<PaymentsClient>().Balance("nobody", ct);
        if ((await rate).Refusal == StocksClient.Unavailable || (await balance).Refusal is not null)
            throw new HttpRequestException("Stocks or payments do not answer.");
    });

    public static async Task Run(OrdersDb db, CancellationToken ct)
    {
        var (now, id) = (DateTimeOffset.UtcNow, Guid.NewGuid());
        var order = Order.Create(new(id, null, 1, 1, ""), "nobody", id.ToString(), "", now);
        await db.TryInsert(order, new(), ct);
        order.Reserve("", 1, [new(id, "")], 1);
        order.Place(id, now);
        order.StoreAnswer(order.ToDto());
        await db.TrySave(order, order.Placed(now), ct);
    }
}
