using System.Net;
using System.Text.Json;
using CarShare.Contracts;
using CarShare.ServiceDefaults;

namespace CarShare.Orders.Clients;

/// <summary>What payments said.</summary>
public abstract record Payment
{
    Payment()
    {
    }

    public sealed record Approved(Guid PaymentId) : Payment;

    public sealed record Declined : Payment;

    public sealed record Closed : Payment;

    /// <summary>No answer that can be relied on; the money may be taken or not.</summary>
    public sealed record Unavailable : Payment;
}

sealed class PaymentsClient(HttpClient http)
{
    public async Task<Payment> Pay(Guid orderId, string customerId, decimal amount, CancellationToken ct)
    {
        try
        {
            using var answer = await http.PutAsJsonAsync($"/internal/payments/{orderId}", new PayRequest(customerId, amount), ApiJson.Options, ct);
            return answer.StatusCode switch
            {
                HttpStatusCode.OK when await answer.Content.ReadFromJsonAsync<PaymentResultDto>(ApiJson.Options, ct) is { Status: PaymentStatus.Approved } paid =>
                    new Payment.Approved(paid.PaymentId),
                HttpStatusCode.PaymentRequired => new Payment.Declined(),
                HttpStatusCode.Conflict => new Payment.Closed(),
                _ => new Payment.Unavailable(),
            };
        }
        catch (Exception e) when (InternalClient.IsUnavailable(e) || e is JsonException)
        {
            return new Payment.Unavailable();
        }
    }
}
