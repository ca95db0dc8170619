using System.Net;
using CarShare.Contracts;
using CarShare.Orders.Domain;
using CarShare.ServiceDefaults;

namespace CarShare.Orders.Clients;

/// <summary>What stocks is asked. Every call may be made again.</summary>
sealed class StocksClient(HttpClient http)
{
    public static readonly Refusal UnknownProduct =
        new(RefusalKind.NotFound, "unknown-product", "There is no such product.");

    public static readonly Refusal OutOfStock =
        new(RefusalKind.Conflict, "out-of-stock", "No car is left for this order.");

    public static readonly Refusal Closed =
        new(RefusalKind.Conflict, "order-closed", "Stocks knows that the order is over.");

    /// <summary>No answer that can be relied on; cars may be reserved or not.</summary>
    public static readonly Refusal Unavailable =
        new(RefusalKind.Unavailable, "stocks-unavailable",
            "The stock can't be checked at the moment. Try again shortly.");

    public async Task<Verdict<decimal>> HourlyRate(Guid productId, CancellationToken ct)
    {
        try
        {
            using var answer = await http.GetAsync($"/stocks/{productId}", ct);
            return answer.StatusCode switch
            {
                HttpStatusCode.OK when await answer.Read<ProductDto>(ct) is { } product => product.HourlyRate,
                HttpStatusCode.NotFound => UnknownProduct,
                _ => Unavailable,
            };
        }
        catch (Exception e) when (Answers.IsNone(e))
        {
            return Unavailable;
        }
    }

    /// <returns>The cars, or why there are none and whether an earlier sending of this very call may still take
    /// some.</returns>
    public async Task<(Verdict<ReservationDto> Cars, bool MayHoldSome)> Reserve(Order order, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, Route(order))
        {
            Content = JsonContent.Create(new ReserveRequest(order.Quantity, order.VehicleId), options: ApiJson.Options),
        };
        try
        {
            using var answer = await http.SendAsync(request, ct);
            var mayHoldSome = AttemptCounter.Of(request) > 1;
            return answer.StatusCode switch
            {
                HttpStatusCode.OK
                    when await answer.Read<ReservationDto>(ct) is { ModelName: not null, Vehicles: not null } cars =>
                    (cars, true),
                HttpStatusCode.NotFound => (UnknownProduct, mayHoldSome),
                HttpStatusCode.Conflict =>
                    await answer.ProblemCode(ct) == OutOfStock.Code ? (OutOfStock, mayHoldSome) : (Closed, true),
                _ => (Unavailable, true),
            };
        }
        catch (Exception e) when (Answers.IsNone(e))
        {
            return (Unavailable, true);
        }
    }

    /// <summary>Ends the order there at once. Where this fails, the event of the order's end does the same.</summary>
    /// <returns>True when it is done.</returns>
    public async Task<bool> Release(Order order, CancellationToken ct)
    {
        try
        {
            using var answer = await http.DeleteAsync(Route(order), ct);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (Answers.IsNone(e))
        {
            return false;
        }
    }

    static string Route(Order order) => $"/internal/stocks/{order.ProductId}/reservations/{order.OrderId}";
}
