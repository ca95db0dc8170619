using System.Net;
using System.Text.Json;
using CarShare.Contracts;
using CarShare.Orders.Domain;
using CarShare.ServiceDefaults;

namespace CarShare.Orders.Clients;

/// <summary>What stocks said.</summary>
public abstract record Reservation
{
    Reservation()
    {
    }

    public sealed record Reserved(ReservationDto Cars) : Reservation;

    /// <param name="SentOnce">No other sending of this call can still reserve something.</param>
    public sealed record UnknownProduct(bool SentOnce) : Reservation;

    /// <inheritdoc cref="UnknownProduct"/>
    public sealed record OutOfStock(bool SentOnce) : Reservation;

    public sealed record Closed : Reservation;

    /// <summary>No answer that can be relied on; cars may be reserved or not.</summary>
    public sealed record Unavailable : Reservation;
}

sealed class StocksClient(HttpClient http)
{
    public async Task<Reservation> Reserve(Order order, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/internal/stocks/{order.ProductId}/reservations/{order.OrderId}")
        {
            Content = JsonContent.Create(new ReserveRequest(order.Quantity, order.VehicleId), options: ApiJson.Options),
        };
        try
        {
            using var answer = await http.SendAsync(request, ct);
            var once = AttemptCounter.Of(request) == 1;
            return answer.StatusCode switch
            {
                HttpStatusCode.OK when await answer.Content.ReadFromJsonAsync<ReservationDto>(ApiJson.Options, ct) is { ModelName: not null, Vehicles: not null } cars =>
                    new Reservation.Reserved(cars),
                HttpStatusCode.NotFound => new Reservation.UnknownProduct(once),
                HttpStatusCode.Conflict => await ProblemCode.Of(answer, ct) == "out-of-stock" ? new Reservation.OutOfStock(once) : new Reservation.Closed(),
                _ => new Reservation.Unavailable(),
            };
        }
        catch (Exception e) when (InternalClient.IsUnavailable(e) || e is JsonException)
        {
            return new Reservation.Unavailable();
        }
    }
}
