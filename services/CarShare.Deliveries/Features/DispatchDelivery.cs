using CarShare.Contracts;
using CarShare.Deliveries.Data;
using CarShare.ServiceDefaults;
using Microsoft.Extensions.Options;

namespace CarShare.Deliveries.Features;

/// <param name="Shipper">Who brings the cars; the company's own people when nobody is named.</param>
public sealed record DispatchRequest(string? Shipper = null);

static class DispatchDelivery
{
    public static void Map(RouteGroupBuilder deliveries) => deliveries.MapPost("/{orderId}/dispatch", Handle).Describe()
        .ProducesProblem(422);

    static async Task<IResult> Handle(
        Guid orderId, DispatchRequest? request, IdempotencyKey key, DeliveriesDb db,
        IOptions<DeliveriesOptions> options,
        TimeProvider clock, CancellationToken ct)
    {
        if (request?.Shipper is { } named && new Validator().Text("shipper", named, 1, 100).Refusal is { } invalid)
            return invalid.ToProblem();
        var shipper = request?.Shipper?.Trim() ?? options.Value.Shipper;
        return await OperatorStep.Apply(orderId, key, db, async (delivery, token) =>
        {
            var hasCars = delivery.Status == DeliveryStatus.Preparing
                && (await db.AcquireCars([delivery], token)).Contains(orderId);
            return delivery.Dispatch(hasCars, shipper, clock.GetUtcNow());
        }, ct);
    }
}
