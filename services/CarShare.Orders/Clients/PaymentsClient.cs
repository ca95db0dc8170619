using System.Net;
using CarShare.Contracts;
using CarShare.Orders.Domain;
using CarShare.ServiceDefaults;

namespace CarShare.Orders.Clients;

/// <summary>What payments is asked. Every call may be made again.</summary>
sealed class PaymentsClient(HttpClient http)
{
    public static readonly Refusal Closed =
        new(RefusalKind.Conflict, "order-closed", "Payments knows that the order is over.");

    /// <summary>No answer that can be relied on; the money may be taken or not.</summary>
    public static readonly Refusal Unavailable =
        new(RefusalKind.Unavailable, "payments-unavailable", "The payment can't be made at the moment.");

    /// <summary>What the customer has: advice, the debit decides.</summary>
    public async Task<Verdict<decimal>> Balance(string customerId, CancellationToken ct)
    {
        try
        {
            using var answer = await http.GetAsync($"/internal/deposits/{Uri.EscapeDataString(customerId)}", ct);
            return answer.StatusCode == HttpStatusCode.OK && await answer.Read<DepositDto>(ct) is { } deposit
                ? deposit.Balance : Unavailable;
        }
        catch (Exception e) when (Answers.IsNone(e))
        {
            return Unavailable;
        }
    }

    /// <returns>The payment's id.</returns>
    public async Task<Verdict<Guid>> Pay(Order order, decimal amount, CancellationToken ct)
    {
        try
        {
            using var answer = await http.PutAsJsonAsync(
                $"/internal/payments/{order.OrderId}", new PayRequest(order.CustomerId, amount), ApiJson.Options, ct);
            return answer.StatusCode switch
            {
                HttpStatusCode.OK
                    when await answer.Read<PaymentResultDto>(ct) is { Status: PaymentStatus.Approved } paid =>
                    paid.PaymentId,
                HttpStatusCode.PaymentRequired => Rules.PaymentDeclined,
                HttpStatusCode.Conflict => Closed,
                _ => Unavailable,
            };
        }
        catch (Exception e) when (Answers.IsNone(e))
        {
            return Unavailable;
        }
    }
}
