using CarShare.Contracts;
using CarShare.Payments.Data;
using CarShare.Payments.Domain;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Payments.Features;

/// <summary>Takes the price of an order from the customer's deposit. Repeatable: an order is paid once.</summary>
sealed class Pay(PaymentsDb db, TimeProvider clock)
{
    public const decimal MaxAmount = 100_000_000;

    const int MaxAttempts = 8;
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    public static void Map(IEndpointRouteBuilder app) =>
        app.MapPut("/internal/payments/{orderId}", Handle).RequireInternal()
        .ProducesProblem(400).ProducesProblem(402).ProducesProblem(409);

    static async Task<Results<Ok<PaymentResultDto>, RefusedHttpResult>> Handle(
        Guid orderId, PayRequest request, Pay use, CancellationToken ct)
    {
        if (new Validator().Id("orderId", orderId).Text("customerId", request.CustomerId, 1, CurrentUser.MaxIdLength)
                .Amount("amount", request.Amount, 1, MaxAmount).Refusal is { } invalid) return invalid.ToProblem();
        var paid = await use.Charge(orderId, request.CustomerId, decimal.Truncate(request.Amount), ct);
        return paid.Refusal is { } refusal
            ? refusal.ToProblem()
            : TypedResults.Ok(new PaymentResultDto(paid.Value, PaymentStatus.Approved));
    }

    /// <summary>
    /// Nearly always nothing was heard of the order yet and the deposit covers it. Otherwise it is decided again by
    /// what is known.
    /// </summary>
    /// <returns>The payment's id.</returns>
    public async Task<Verdict<Guid>> Charge(Guid orderId, string customerId, decimal amount, CancellationToken ct)
    {
        var (payment, now) = (new Payment { OrderId = orderId, CreatedAt = clock.GetUtcNow() }, clock.GetUtcNow());
        for (var attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            if (payment.Refusal(customerId, amount) is { } refusal) return refusal;
            if (payment.Status == PaymentStatus.Approved) return payment.PaymentId!.Value;

            var seen = payment.Status;
            if (attempt > 1 && !await IsCovered(customerId, amount, ct))
                return await Decline(payment, customerId, amount, now, ct);
            payment.Approve(customerId, amount);
            if (await db.TryDebit(payment, seen, now, ct)) return payment.PaymentId!.Value;

            if (attempt > 2) await Task.Delay(Pause * attempt, clock, ct);
            payment = await db.Payments.AsNoTracking().SingleOrDefaultAsync(p => p.OrderId == orderId, ct)
                ?? new Payment { OrderId = orderId, CreatedAt = now };
        }

        throw new TimeoutException($"Others were first, {MaxAttempts} times in a row.");
    }

    /// <summary>A payment of somebody who has nothing.</summary>
    public static async Task Rehearse(PaymentsDb db, CancellationToken ct)
    {
        var payment = new Payment { OrderId = Guid.NewGuid(), CreatedAt = DateTimeOffset.UtcNow };
        payment.Approve("nobody", 1);
        await db.TryDebit(payment, null, payment.CreatedAt, ct);
        await db.TryDecline(payment, payment.CreatedAt, ct);
    }

    Task<bool> IsCovered(string customerId, decimal amount, CancellationToken ct) =>
        db.Deposits.AnyAsync(d => d.CustomerId == customerId && d.Balance >= amount, ct);

    async Task<Verdict<Guid>> Decline(
        Payment payment, string customerId, decimal amount, DateTimeOffset now, CancellationToken ct)
    {
        if (payment.Decline(customerId, amount)) await db.TryDecline(payment, now, ct);
        return Payment.NotCovered;
    }
}
