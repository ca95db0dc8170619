using System.Diagnostics;
using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Orders.Data;
using CarShare.Orders.Domain;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CarShare.Orders.Features;

/// <summary>
/// Commit 2: what becomes of an open order, together with the event that says so. Whoever comes second hears what the
/// first decided.
/// </summary>
sealed class OrderDecisions(OrdersDb db, OrderMetrics metrics, IOptions<OrdersOptions> options, TimeProvider clock)
{
    public Task<Verdict<OrderDto>> Place(Order order, ReservationDto cars, Guid paymentId, CancellationToken ct) =>
        Decide(order, (row, now) =>
        {
            row.Reserve(cars.ModelName, cars.HourlyRate, cars.Vehicles, cars.Revision);
            return row.Place(paymentId, now);
        }, ct);

    /// <summary>The same for an order that has waited for its payment.</summary>
    public Task<Verdict<OrderDto>> Place(Order order, Guid paymentId, CancellationToken ct) =>
        Decide(order, (row, now) => row.Place(paymentId, now), ct);

    public async Task<Verdict<OrderDto>> AwaitPayment(Order order, ReservationDto cars, CancellationToken ct)
    {
        var asked = await db.Now(ct);
        return await Decide(order, (row, now) =>
        {
            row.Reserve(cars.ModelName, cars.HourlyRate, cars.Vehicles, cars.Revision);
            return row.AwaitPayment(asked + options.Value.PaymentTimeout, asked + options.Value.FirstPaymentRetry, now);
        }, ct);
    }

    /// <param name="order">The order.</param>
    /// <param name="refusal">The answer, and its code the reason kept with the order.</param>
    /// <param name="ct">Of the attempt.</param>
    /// <param name="isSilent">Nothing can be held for it anywhere: nobody needs to hear of it.</param>
    public Task<Verdict<OrderDto>> Reject(Order order, Refusal refusal, CancellationToken ct, bool isSilent = false) =>
        Decide(order, (row, now) => row.Reject(refusal.Code, now), ct, refusal, isSilent);

    public async Task<Verdict<OrderDto>> Find(Order order, CancellationToken ct) =>
        StoredAnswer.Find(await db.Orders.AsNoTracking().SingleAsync(o => o.OrderId == order.OrderId, ct));

    /// <summary>
    /// Nearly always nobody has touched the order since it was read, which its version tells; otherwise once more
    /// behind its lock.
    /// </summary>
    async Task<Verdict<OrderDto>> Decide(
        Order order, Func<Order, DateTimeOffset, Verdict<bool>> decide, CancellationToken ct, Refusal? refusal = null,
        bool isSilent = false)
    {
        if (await Commit(order) is { } decided) return decided;
        return await db.InTransaction(async token =>
        {
            var row = await db.Locked(order.OrderId).AsNoTracking().SingleAsync(token);
            return await Commit(row) ?? StoredAnswer.Find(row);
        }, ct);

        async Task<Verdict<OrderDto>?> Commit(Order row)
        {
            var now = clock.Now();
            if (!row.IsOpen || !decide(row, now).Changed()) return null;
            Verdict<OrderDto> answer = refusal is null ? row.ToDto() : refusal with { TraceId = TraceOf(row) };
            // 503 is no answer. And an order paid after another attempt had put it off keeps the answer of that one.
            if (answer.Refusal is { Kind: RefusalKind.Unavailable }) row.ReleaseKey();
            else if (row.AnswerStatus is null) row.StoreAnswer(answer);
            else answer = StoredAnswer.Find(row);
            if (!await Save(row, isSilent && row.Attempts == 1, now, ct)) return null;
            if (refusal is not null && isSilent && row.Attempts == 1) metrics.Refused(refusal.Code);
            return answer;
        }
    }

    /// <summary>Where nobody traces, the order's own id.</summary>
    static string TraceOf(Order order) => Activity.Current?.TraceId.ToString() ?? order.OrderId.ToString("n");

    Task<bool> Save(Order row, bool isSilent, DateTimeOffset now, CancellationToken ct) => row.Status switch
    {
        OrderStatus.Placed => db.TrySave(row, row.Placed(now), ct),
        OrderStatus.AwaitingPayment => db.TrySave(row, row.AwaitingPayment(now), ct),
        // A call of another attempt may still arrive and take something; only the event closes the order there.
        _ => isSilent ? db.TrySave(row, ct) : db.TrySave(row, row.Rejected(now), ct),
    };
}
