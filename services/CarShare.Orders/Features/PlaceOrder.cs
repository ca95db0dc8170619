using System.Security.Cryptography;
using System.Text.Json;
using CarShare.Contracts;
using CarShare.Orders.Clients;
using CarShare.Orders.Domain;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace CarShare.Orders.Features;

public sealed record PlaceOrderRequest(
    Guid ProductId, int Hours, string DeliveryAddress, int Quantity = 1, Guid? VehicleId = null,
    Contact? Contact = null);

/// <summary>Takes an order in two commits with calls between them: reserve, pay, place.</summary>
sealed class PlaceOrder(
    Bulkhead intake, Attempts attempts, Entitlement entitlement, StocksClient stocks, PaymentsClient payments,
    OrderDecisions decisions,
    Prices prices, TimeProvider clock)
{
    public static void Map(RouteGroupBuilder orders) =>
        orders.MapPost("/", Handle).RequireCustomer().RequireIdempotencyKey().WithName("PlaceOrder")
        .Answers(400, 402, 404, 409, 422, 429, 503);

    /// <summary>
    /// Takes no token of the request: once the order is stored, a client that hangs up no longer stops it.
    /// </summary>
    static async Task<Results<Created<OrderDto>, Accepted<OrderDto>, RefusedHttpResult>> Handle(
        PlaceOrderRequest request, [FromHeader(Name = "Idempotency-Key")] string? idempotencyKey, CurrentUser user,
        PlaceOrder use, HttpResponse response)
    {
        if (Check(request, idempotencyKey) is { } invalid) return invalid.ToProblem();
        var answer = await use.Place(request, idempotencyKey!, user.CustomerId!);
        if (answer.Refusal is { } refusal) return refusal.ToProblem();
        var (order, location) = (answer.Value, $"/orders/{answer.Value.OrderId}");
        return order.Status == OrderStatus.AwaitingPayment ? response.AcceptedForNow(order) : TypedResults.Created(
            location, order);
    }

    internal static Refusal? Check(PlaceOrderRequest request, string? idempotencyKey)
    {
        var check = new Validator()
            .Text("Idempotency-Key", idempotencyKey, 1, 100)
            .Id("productId", request.ProductId)
            .Range("quantity", request.Quantity, 1, 20)
            .Range("hours", request.Hours, 1, 720)
            .Text("deliveryAddress", request.DeliveryAddress, 1, 200)
            .Id("vehicleId", request.VehicleId ?? request.ProductId)
            .That(request.VehicleId is null
                || request.Quantity == 1, "quantity", "must be 1 when one particular car is asked for");
        if (request.Contact is { } contact)
            check.Text("contact.name", contact.Name, 1, 200).Text("contact.phone", contact.Phone, 1, 200)
                .Text("contact.email", contact.Email ?? contact.Name, 1, 200);
        return check.Refusal;
    }

    /// <returns>The order as it was answered first, placed or awaiting its payment.</returns>
    public async Task<Verdict<OrderDto>> Place(PlaceOrderRequest request, string idempotencyKey, string customerId)
    {
        using var turn = await intake.Enter();
        if (turn is null) return Attempts.Overloaded;
        var terms = new OrderTerms(
            request.ProductId, request.VehicleId, request.Quantity, request.Hours, request.DeliveryAddress,
            request.Contact);
        return await attempts.Run(
            Order.Create(terms, customerId, idempotencyKey, HashOf(request), clock.Now()), ReservePayPlace);
    }

    async Task<Verdict<OrderDto>> ReservePayPlace(Order order, CancellationToken ct)
    {
        OrderTrace.Concerns(order.OrderId);
        var canPay = await entitlement.Check(order, ct);
        if (canPay.Refusal is { } notEntitled)
            return await decisions.Reject(order, notEntitled, ct, isSilent: notEntitled.Kind == RefusalKind.NotFound);

        var (cars, mayHoldSome) = await stocks.Reserve(order, ct);
        if (cars.Refusal is { } noCars)
            return noCars == StocksClient.Closed
                ? await decisions.Find(order, ct)
                : await decisions.Reject(order, noCars, ct, isSilent: !mayHoldSome);
        prices.Learn(order.ProductId, cars.Value.HourlyRate);

        var amount = order.PriceAt(cars.Value.HourlyRate);
        if (amount > Order.MaxAmount) return await RejectAndRelease(order, Rules.AmountTooLarge, ct);

        // Payments that could not tell the balance are not asked for the money in the same breath.
        var payment = canPay.Value ? await payments.Pay(order, amount, ct) : PaymentsClient.Unavailable;
        return payment.Refusal switch
        {
            null => await decisions.Place(order, cars.Value, payment.Value, ct),
            { Kind: RefusalKind.Unavailable } => await decisions.AwaitPayment(order, cars.Value, ct),
            { Kind: RefusalKind.Declined } declined => await RejectAndRelease(order, declined, ct),
            _ => await decisions.Find(order, ct),
        };
    }

    /// <summary>The cars are let go at once; the event is the net.</summary>
    async Task<Verdict<OrderDto>> RejectAndRelease(Order order, Refusal refusal, CancellationToken ct)
    {
        var answer = await decisions.Reject(order, refusal, ct);
        await stocks.Release(order, ct);
        return answer;
    }

    internal static string HashOf(PlaceOrderRequest request) =>
        Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(request)));
}
