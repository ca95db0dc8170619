using System.Diagnostics;
using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Orders.Clients;
using CarShare.Orders.Data;
using CarShare.Orders.Domain;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CarShare.Orders.Features;

/// <summary>
/// Takes an order in two commits with two calls between them. Each step may be the last one of this process: what is left behind is finished by a repeat of the request or
/// undone by <see cref="CancelOverdueOrders"/>, and every call is safe to make again.
/// </summary>
sealed class OrderTaking(OrdersDb db, StocksClient stocks, PaymentsClient payments, IOptions<OrdersOptions> options, TimeProvider clock)
{
    static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(20);
    static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);
    static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(200);

    /// <summary>Both commits, for an order of nobody.</summary>
    public static async Task Rehearse(OrdersDb db, CancellationToken ct)
    {
        var (now, key) = (DateTimeOffset.UtcNow, Guid.NewGuid());
        var order = Order.Take("nobody", key.ToString(), "", key, null, 1, 1, "", now);
        await db.TryInsert(order, ct);
        Decide(order, new("", 1, [], 1), (o, at) => o.Place(key, at), now);
        await db.TryPlace(order, now, ct);
    }

    public async Task<Answer> Take(Order order)
    {
        using var deadline = new CancellationTokenSource(options.Value.RequestDeadline, clock);
        try
        {
            while (!await db.TryInsert(order, deadline.Token))
            {
                var earlier = await db.Orders.AsNoTracking()
                    .SingleOrDefaultAsync(o => o.CustomerId == order.CustomerId && o.IdempotencyKey == order.IdempotencyKey, deadline.Token);
                if (earlier is not null) return await Repeat(earlier, order.RequestHash);
                // Its key was released between the two statements: this request is a fresh one.
            }
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            return StillWorking();
        }

        return await Attempt(order, deadline.Token);
    }

    async Task<Answer> Repeat(Order first, string requestHash)
    {
        if (first.RequestHash != requestHash)
            return Answer.Problem(StatusCodes.Status422UnprocessableEntity, "idempotency-key-reused", "This Idempotency-Key stands for another request.");

        using var deadline = new CancellationTokenSource(options.Value.RequestDeadline + options.Value.RepeatWait, clock);
        try
        {
            do first = await WaitForDecision(first, deadline.Token);
            while (first.Status == OrderStatus.Pending && !await db.TryTakeOver(first, deadline.Token));
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            return StillWorking();
        }

        return first.Status == OrderStatus.Pending ? await Attempt(first, deadline.Token) : Answer.FromRow(first);
    }

    /// <summary>Waits until the order is decided or the attempt under way has had its time; an attempt begun meanwhile gets the same.</summary>
    async Task<Order> WaitForDecision(Order order, CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        var pause = FirstLook;
        while (order.Status == OrderStatus.Pending && clock.GetElapsedTime(started) < options.Value.RepeatWait)
        {
            await Task.Delay(pause, clock, ct);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            var seen = order.Attempts;
            order = await db.Orders.AsNoTracking().SingleAsync(o => o.OrderId == order.OrderId, ct);
            if (order.Attempts != seen) started = clock.GetTimestamp();
        }

        return order;
    }

    /// <summary>An attempt that ran out of time is no answer: the order is rejected, unless it is decided already, and its key is free for a fresh try.</summary>
    async Task<Answer> Attempt(Order order, CancellationToken deadline)
    {
        try
        {
            return await Run(order, deadline);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            using var grace = new CancellationTokenSource(Grace, clock);
            try
            {
                return await Refuse(order, new(503, "unavailable", "The order could not be taken in time. Try again shortly."), grace.Token);
            }
            catch (OperationCanceledException) when (grace.IsCancellationRequested)
            {
                return StillWorking();
            }
        }
    }

    /// <summary>Steps 2 to 4.</summary>
    async Task<Answer> Run(Order order, CancellationToken ct)
    {
        Activity.Current?.SetTag("carshare.order.id", order.OrderId);
        var reservation = await stocks.Reserve(order, ct);
        if (reservation is not Reservation.Reserved { Cars: var cars })
        {
            return reservation switch
            {
                Reservation.UnknownProduct { SentOnce: var once } => await Refuse(order, new(404, "unknown-product", "There is no such product.") { HoldsNothing = once }, ct),
                Reservation.OutOfStock { SentOnce: var once } => await Refuse(order, new(409, "out-of-stock", "No car is left for this order.") { HoldsNothing = once }, ct),
                Reservation.Closed => await Look(order, ct),
                _ => await Refuse(order, new(503, "stocks-unavailable", "The stock can't be checked at the moment. Try again shortly."), ct),
            };
        }

        var amount = Order.Price(cars.HourlyRate, order.Hours, order.Quantity);
        if (amount > Order.MaxAmount) return await Refuse(order, new(422, "amount-too-large", $"An order may cost up to {Order.MaxAmount} KRW."), ct);

        return await payments.Pay(order.OrderId, order.CustomerId, amount, ct) switch
        {
            Payment.Approved paid => await Place(order, cars, paid.PaymentId, ct),
            Payment.Declined => await Refuse(order, new(402, "payment-declined", "The payment was declined: the deposit does not cover it."), ct),
            Payment.Closed => await Look(order, ct),
            _ => await PutOff(order, cars, ct),
        };
    }

    /// <summary>Commit 2. Nearly always nobody has touched the order since it was stored, which its version tells.</summary>
    async Task<Answer> Place(Order order, ReservationDto cars, Guid paymentId, CancellationToken ct)
    {
        var now = clock.Now();
        if (Decide(order, cars, (o, at) => o.Place(paymentId, at), now) && await db.TryPlace(order, now, ct)) return Answer.FromRow(order);
        return await DecideLocked(order, cars, (o, at) => o.Place(paymentId, at), ct);
    }

    async Task<Answer> PutOff(Order order, ReservationDto cars, CancellationToken ct)
    {
        var expiresAt = await db.Now(ct) + options.Value.PaymentTimeout;
        return await DecideLocked(order, cars, (o, now) => o.AwaitPayment(expiresAt, now), ct);
    }

    /// <summary>Whoever comes second answers what the first one, the sweep or the customer has made of the order.</summary>
    Task<Answer> DecideLocked(Order order, ReservationDto cars, Func<Order, DateTimeOffset, Verdict> decide, CancellationToken ct) => db.InTransaction(async token =>
    {
        var (row, now) = ((await db.Lock(order.OrderId, token))!, clock.Now());
        if (Decide(row, cars, decide, now))
        {
            if (row.Status == OrderStatus.Placed) db.Publish(row.Placed(now));
            else db.Publish(row.AwaitingPayment(now));
        }

        return Answer.FromRow(row);
    }, ct);

    /// <summary>False if the order is decided already.</summary>
    static bool Decide(Order row, ReservationDto cars, Func<Order, DateTimeOffset, Verdict> decide, DateTimeOffset now)
    {
        if (row.Status is not (OrderStatus.Pending or OrderStatus.AwaitingPayment)) return false;
        row.Reserve(cars.ModelName, cars.HourlyRate, cars.Vehicles, cars.Revision);
        if (!decide(row, now).Changed) return false;
        // Paid after another attempt had put it off: that one's answer stands.
        if (row.AnswerStatus is null) Answer.Of(row.Status == OrderStatus.Placed ? StatusCodes.Status201Created : StatusCodes.Status202Accepted, row).KeepIn(row);
        return true;
    }

    Task<Answer> Refuse(Order order, Refusal refusal, CancellationToken ct) => db.InTransaction(async token =>
    {
        var row = (await db.Lock(order.OrderId, token))!;
        var now = clock.Now();
        if (!row.Reject(refusal.Code, now).Changed) return Answer.FromRow(row);

        // A call of another attempt may still arrive and take something; only the event closes the order there.
        if (!refusal.HoldsNothing || row.Attempts > 1) db.Publish(row.Rejected(now));
        var answer = Answer.Problem(refusal.Status, refusal.Code, refusal.Detail);
        if (refusal.Status == StatusCodes.Status503ServiceUnavailable) row.ReleaseKey();
        else answer.KeepIn(row);
        return answer;
    }, ct);

    async Task<Answer> Look(Order order, CancellationToken ct) => Answer.FromRow(await db.Orders.AsNoTracking().SingleAsync(o => o.OrderId == order.OrderId, ct));

    static Answer StillWorking() => Answer.TryLater("unavailable", "The order is still being worked on. Repeat the request shortly, with the same Idempotency-Key.");

    /// <param name="Status">The answer's.</param>
    /// <param name="Code">Of the problem, and the reason kept with the order.</param>
    /// <param name="Detail">For people.</param>
    sealed record Refusal(int Status, string Code, string Detail)
    {
        /// <summary>Neither stocks nor payments can hold anything for the order.</summary>
        public bool HoldsNothing { get; init; }
    }
}
