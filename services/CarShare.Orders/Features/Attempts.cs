using CarShare.Contracts;
using CarShare.Orders.Data;
using CarShare.Orders.Domain;
using CarShare.ServiceDefaults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CarShare.Orders.Features;

/// <summary>
/// The one retry around taking an order: stores it under its idempotency key and runs the steps behind that, each of
/// which may be the last one
/// of this process. A repeat of the request gets the first answer, or finishes what was left behind; every step is safe
/// to make again.
/// </summary>
sealed class Attempts(
    OrdersDb db, OrderDecisions decisions, UnsettledOrders unsettled, IOptions<OrdersOptions> options,
    TimeProvider clock)
{
    static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(200);
    static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    static readonly Refusal OutOfTime =
        new(RefusalKind.Unavailable, "unavailable", "The order could not be taken in time. Try again shortly.");

    public static readonly Refusal StillWorking = new(
        RefusalKind.Unavailable, "unavailable",
        "The order is still being worked on. Repeat the request shortly, with the same Idempotency-Key.");

    public static readonly Refusal Overloaded = Refusal.Unavailable(
        "overloaded", "Too many orders are being taken at the moment. Try again shortly.");

    static readonly Refusal KeyReused =
        new(RefusalKind.Impossible, "idempotency-key-reused", "This Idempotency-Key stands for another request.");

    public async Task<Verdict<OrderDto>> Run(Order order, Func<Order, CancellationToken, Task<Verdict<OrderDto>>> steps)
    {
        using var deadline = new CancellationTokenSource(options.Value.RequestDeadline, clock);
        try
        {
            for (Admission admission; !(admission = await db.TryInsert(order, options.Value, deadline.Token)).IsStored;)
            {
                if (await Earlier(order, deadline.Token) is { } earlier)
                    return await Repeat(earlier, order.RequestHash, steps);
                if (RefusalOf(admission, order.Quantity) is { } refusal) return refusal;
                // Its key was released between the two statements: this request is a fresh one.
            }
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            return StillWorking;
        }

        return await Attempt(order, steps, deadline.Token);
    }

    Task<Order?> Earlier(Order order, CancellationToken ct) => db.Orders.AsNoTracking()
        .SingleOrDefaultAsync(o => o.CustomerId == order.CustomerId && o.IdempotencyKey == order.IdempotencyKey, ct);

    Refusal? RefusalOf(Admission admission, int quantity)
    {
        if (admission.Pause > TimeSpan.Zero)
            return new(RefusalKind.TooMany, "too-many-declines",
                "Your payments were declined several times. Top up your deposit and try again later.")
            {
                RetryAfter = admission.Pause,
            };
        return admission.UnpaidCars + quantity <= options.Value.MaxUnpaidCars ? null : new(
            RefusalKind.Conflict, "too-many-open-cars",
            $"{admission.UnpaidCars} cars are in orders of yours that are not paid yet, and there may be "
            + $"{options.Value.MaxUnpaidCars}. Pay or cancel some first.");
    }

    async Task<Verdict<OrderDto>> Repeat(
        Order first, string requestHash, Func<Order, CancellationToken, Task<Verdict<OrderDto>>> steps)
    {
        if (first.RequestHash != requestHash) return KeyReused;

        using var deadline = new CancellationTokenSource(
            options.Value.RequestDeadline + options.Value.RepeatWait, clock);
        try
        {
            do first = await WaitForDecision(first, deadline.Token);
            while (first.Status == OrderStatus.Pending && !await db.TryBeginAttempt(first, deadline.Token));
            if (first.Status == OrderStatus.Pending) first = await Read(first, deadline.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            return StillWorking;
        }

        return first.Status == OrderStatus.Pending
            ? await Attempt(first, steps, deadline.Token)
            : StoredAnswer.Find(first);
    }

    /// <summary>
    /// Waits until the order is decided or the attempt under way has had its time; an attempt begun meanwhile gets the
    /// same.
    /// </summary>
    async Task<Order> WaitForDecision(Order order, CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        var pause = FirstPause;
        while (order.Status == OrderStatus.Pending && clock.GetElapsedTime(started) < options.Value.RepeatWait)
        {
            await Task.Delay(pause, clock, ct);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            var seen = order.Attempts;
            order = await Read(order, ct);
            if (order.Attempts != seen) started = clock.GetTimestamp();
        }

        return order;
    }

    Task<Order> Read(Order order, CancellationToken ct) =>
        db.Orders.AsNoTracking().SingleAsync(o => o.OrderId == order.OrderId, ct);

    /// <summary>
    /// An attempt that ran out of time is no answer: the order is rejected, unless it is decided already, and its key
    /// is free for a fresh try.
    /// Where even that fails it is done as soon as it can be, so that nobody who heard 503 has paid for long.
    /// </summary>
    async Task<Verdict<OrderDto>> Attempt(
        Order order, Func<Order, CancellationToken, Task<Verdict<OrderDto>>> steps, CancellationToken deadline)
    {
        OrderTrace.Concerns(order.OrderId);
        using var grace = new CancellationTokenSource();
        try
        {
            return await steps(order, deadline);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            grace.CancelAfter(Grace);
            try
            {
                return await decisions.Reject(order, OutOfTime, grace.Token);
            }
            catch (OperationCanceledException) when (grace.IsCancellationRequested)
            {
                unsettled.Add(order);
                return StillWorking;
            }
        }
        catch
        {
            unsettled.Add(order);
            throw;
        }
    }
}
