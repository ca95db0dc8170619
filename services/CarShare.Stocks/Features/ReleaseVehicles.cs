using CarShare.Messaging;
using CarShare.ServiceDefaults;
using CarShare.Stocks.Data;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CarShare.Stocks.Features;

/// <summary>
/// Ends an order that was never handed over: its cars are free at once, and a reservation still on its way is refused.
/// The event of the order's end does the same; whichever comes second changes nothing.
/// </summary>
static class ReleaseVehicles
{
    public static void Map(IEndpointRouteBuilder app) =>
        app.MapDelete("/internal/stocks/{productId}/reservations/{orderId}", Handle)
        .WithTags("Stocks").RequireInternal();

    static async Task<NoContent> Handle(Guid productId, Guid orderId, StocksDb db, TimeProvider clock,
        CancellationToken ct)
    {
        await db.InTransaction(async token =>
        {
            await db.LockOrders([orderId], token);
            db.Orders.Header(orderId).Close(clock.GetUtcNow());
            return true;
        }, ct);
        return TypedResults.NoContent();
    }
}
