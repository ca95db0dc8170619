using System.Security.Cryptography;
using System.Text.Json;
using CarShare.Orders.Domain;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace CarShare.Orders.Features;

public sealed record PlaceOrderRequest(Guid ProductId, int Hours, string DeliveryAddress, int Quantity = 1, Guid? VehicleId = null);

static class PlaceOrder
{
    public static void Map(RouteGroupBuilder orders) =>
        orders.MapPost("/", Handle).RequireCustomer().AddEndpointFilter<Intake>().WithName("PlaceOrder");

    /// <summary>Takes no token of the request: once the order is stored, a client that hangs up no longer stops it.</summary>
    static async Task<Results<Answer, ProblemHttpResult>> Handle(
        PlaceOrderRequest request, [FromHeader(Name = "Idempotency-Key")] string? idempotencyKey, CurrentUser user, OrderTaking taking, TimeProvider clock)
    {
        if (Check(request, idempotencyKey) is { } invalid) return invalid;
        return await taking.Take(Order.Take(
            user.CustomerId!, idempotencyKey!, HashOf(request), request.ProductId, request.VehicleId, request.Quantity, request.Hours, request.DeliveryAddress,
            clock.Now()));
    }

    static ProblemHttpResult? Check(PlaceOrderRequest request, string? idempotencyKey) => new Validator()
        .Text("Idempotency-Key", idempotencyKey, 1, 100)
        .Id("productId", request.ProductId)
        .Range("quantity", request.Quantity, 1, 20)
        .Range("hours", request.Hours, 1, 720)
        .Text("deliveryAddress", request.DeliveryAddress, 1, 200)
        .Id("vehicleId", request.VehicleId ?? request.ProductId)
        .That(request.VehicleId is null || request.Quantity == 1, "quantity", "must be 1 when one particular car is asked for")
        .Problem;

    internal static string HashOf(PlaceOrderRequest request) => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(request)));
}
