using System.Net;
using CarShare.Contracts;
using CarShare.Messaging;
using Microsoft.EntityFrameworkCore;
using static CarShare.ServiceTests.Payments.PaymentsFixture;

namespace CarShare.ServiceTests.Payments;

[Collection("payments")]
public sealed class CloseOrderTests(PaymentsFixture payments, Servers servers)
{
    // C9 C17 D7 D14
    [Fact]
    public async Task A_cancelled_order_is_refunded_exactly_once_with_its_full_amount()
    {
        var customer = await payments.CustomerWith(10_000);
        var order = await payments.PaidOrder(customer, 7_000);
        var id = await payments.Broker.Publish(Cancelled(order, customer));
        await payments.Broker.Publish(Cancelled(order, customer), id);
        await payments.Broker.Publish(Cancelled(order, customer));
        await payments.Broker.Publish(Rejected(order, customer));
        await payments.EverythingHandled();

        Assert.Equal(new(customer, 10_000, 0), await payments.Deposit(customer));
        Assert.Equal([LedgerEntryKind.TopUp, LedgerEntryKind.Payment, LedgerEntryKind.Refund],
            (await payments.Ledger(customer)).Select(e => e.Kind));
        var payment = await payments.Payment(order);
        Assert.Equal(PaymentStatus.Refunded, payment.Status);
        Assert.NotNull(payment.RefundedAt);
        var told = await payments.Broker.Sees<PaymentRefunded>(e => e.OrderId == order);
        Assert.Equal((7_000, payment.PaymentId, customer), (told.Amount, told.PaymentId, told.CustomerId));
        Assert.Equal(["carshare.payment.approved.v1", "carshare.payment.refunded.v1"], await Published(order));
    }

    // C29
    [Fact]
    public async Task A_payment_that_comes_after_its_order_was_rejected_or_cancelled_is_refused()
    {
        var customer = await payments.CustomerWith(10_000);
        var (rejected, cancelled) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await payments.Broker.Publish(Rejected(rejected, customer));
        await payments.Broker.Publish(Cancelled(cancelled, customer));
        await payments.Closed(rejected, cancelled);

        await Refused(await payments.Pay(rejected, customer, 100), HttpStatusCode.Conflict, "order-closed");
        await Refused(await payments.Pay(cancelled, customer, 100), HttpStatusCode.Conflict, "order-closed");
        Assert.Equal(new(customer, 10_000, 0), await payments.Deposit(customer));
        Assert.Empty(await Published(cancelled));
        using var http = payments.Operator();
        using var none = await http.GetAsync($"/payments/{cancelled}");
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
    }

    [Fact]
    public async Task A_payment_repeated_after_its_refund_is_refused_and_takes_nothing()
    {
        var customer = await payments.CustomerWith(10_000);
        var order = await payments.PaidOrder(customer, 7_000);
        await payments.Broker.Publish(Cancelled(order, customer));
        await payments.Closed(order);

        await Refused(await payments.Pay(order, customer, 7_000), HttpStatusCode.Conflict, "order-closed");
        Assert.Equal(10_000, (await payments.Deposit(customer)).Balance);
    }

    [Fact]
    public async Task A_declined_payment_is_closed_without_a_refund()
    {
        var customer = await payments.CustomerWith(10);
        var order = Guid.CreateVersion7();
        (await payments.Pay(order, customer, 100)).Dispose();
        await payments.Broker.Publish(Rejected(order, customer));
        await payments.Closed(order);

        Assert.Equal(PaymentStatus.Declined, (await payments.Payment(order)).Status);
        Assert.Equal(["carshare.payment.declined.v1"], await Published(order));
        Assert.Equal(10, (await payments.Deposit(customer)).Balance);
    }

    // F14 C17
    [Fact]
    public async Task A_late_return_is_billed_once_and_what_the_balance_does_not_cover_is_owed()
    {
        var customer = await payments.CustomerWith(10_000);
        var order = await payments.PaidOrder(customer, 7_000);
        await payments.Broker.Publish(Returned(order, customer, lateFee: 5_000));
        await payments.Broker.Publish(Returned(order, customer, lateFee: 5_000));
        await payments.Broker.Publish(Cancelled(order, customer));
        await payments.EverythingHandled();

        Assert.Equal(new(customer, 0, 2_000), await payments.Deposit(customer));
        Assert.Equal((-5_000, -2_000), (await payments.Ledger(customer)).Where(e => e.Kind == LedgerEntryKind.LateFee)
            .Select(e => (e.Amount, e.BalanceAfter)).Single());
        Assert.Equal((PaymentStatus.Approved, 5_000), (
            (await payments.Payment(order)).Status, (await payments.Payment(order)).LateFee));
        var bill = await payments.Broker.Sees<UsageBilled>(e => e.OrderId == order);
        Assert.Equal((customer, 5_000, 2, 2_000), (bill.CustomerId, bill.Amount, bill.LateHours, bill.Owed));
        Assert.Equal(2, (await Published(order)).Count);
    }

    [Fact]
    public async Task A_return_in_time_costs_nothing_but_closes_the_order()
    {
        var customer = await payments.CustomerWith(10_000);
        var order = await payments.PaidOrder(customer, 7_000);
        await payments.Broker.Publish(Returned(order, customer, lateFee: 0));
        await payments.Closed(order);

        Assert.Equal(new(customer, 3_000, 0), await payments.Deposit(customer));
        Assert.Null((await payments.Payment(order)).LateFee);
        await Refused(await payments.Pay(order, customer, 7_000), HttpStatusCode.Conflict, "order-closed");
        Assert.Equal(["carshare.payment.approved.v1"], await Published(order));
    }

    [Fact]
    public async Task Who_owes_is_declined_and_a_refund_or_top_up_pays_what_is_owed_first()
    {
        var customer = await payments.CustomerWith(10_000);
        var (late, other) = (await payments.PaidOrder(customer, 6_000), await payments.PaidOrder(customer, 4_000));
        await payments.Broker.Publish(Returned(late, customer, lateFee: 5_000));
        await payments.Closed(late);
        Assert.Equal(new(customer, 0, 5_000), await payments.Deposit(customer));
        await Refused(
            await payments.Pay(Guid.CreateVersion7(), customer, 1), HttpStatusCode.PaymentRequired, "payment-declined");

        await payments.Broker.Publish(Cancelled(other, customer));
        await payments.Closed(other);
        Assert.Equal(new(customer, 0, 1_000), await payments.Deposit(customer));
        Assert.Equal(new(customer, 500, 0), await payments.TopUp(customer, 1_500));
        Assert.Equal(
            [10_000, 4_000, 0, -5_000, -1_000, 500], (await payments.Ledger(customer)).Select(e => e.BalanceAfter));
    }

    // C17: the guards beside the inbox hold at any age of a redelivery
    [Fact]
    public async Task Events_that_come_again_after_the_inbox_was_purged_change_nothing()
    {
        var customer = await payments.CustomerWith(10_000);
        var (cancelled, returned) =
            (await payments.PaidOrder(customer, 1_000), await payments.PaidOrder(customer, 2_000));
        var first = await payments.Broker.Publish(Cancelled(cancelled, customer));
        var second = await payments.Broker.Publish(Returned(returned, customer, lateFee: 300));
        await payments.Closed(cancelled, returned);
        var (deposit, ledger) = (await payments.Deposit(customer), await payments.Ledger(customer));

        await payments.Query(
            db => db.Set<InboxMessage>().Where(m => m.Id == first || m.Id == second).ExecuteDeleteAsync());
        await payments.Broker.Publish(Cancelled(cancelled, customer), first);
        await payments.Broker.Publish(Returned(returned, customer, lateFee: 300), second);
        await payments.EverythingHandled();

        Assert.Equal(
            2, await payments.Query(db => db.Set<InboxMessage>().CountAsync(m => m.Id == first || m.Id == second)));
        Assert.Equal((deposit, 7_700), (await payments.Deposit(customer), deposit.Balance));
        Assert.Equal(ledger, await payments.Ledger(customer));
        Assert.Equal(4, (await Published(cancelled)).Count + (await Published(returned)).Count);
    }

    // C9 C29
    [Fact]
    public async Task Payments_racing_with_the_cancellation_of_their_orders_leave_no_money_taken_and_no_deadlock()
    {
        const int orders = 400;
        var customers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => payments.CustomerWith(1_000_000)));
        var all = Enumerable.Range(0, orders)
            .Select(i => (Id: Guid.CreateVersion7(), Customer: customers[i % customers.Length])).ToList();
        var paying = Parallel.ForEachAsync(all, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (order, _) =>
        {
            using var answer = await payments.Pay(order.Id, order.Customer, 1_000);
            Assert.Contains(answer.StatusCode, new[] { HttpStatusCode.OK, HttpStatusCode.Conflict });
        });
        foreach (var order in Shuffled(all)) await payments.Broker.Publish(Cancelled(order.Id, order.Customer));
        await paying;
        await payments.Closed([.. all.Select(o => o.Id)]);

        foreach (var customer in customers) Assert.Equal(new(customer, 1_000_000, 0), await payments.Deposit(customer));
        await payments.LedgerIsSound();
        Assert.DoesNotContain("deadlock detected", servers.PostgresLog);
        Assert.Equal(0, await payments.Query(db => db.Set<DeadLetter>().CountAsync()));
    }

    // A seeded mixture of everything that can happen to a few deposits at the same time.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task The_ledger_adds_up_after_any_mixture_of_top_ups_payments_refunds_and_bills(int seed)
    {
        var random = new Random(seed);
        var customers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => payments.CustomerWith(2_000)));
        var orders = Enumerable.Range(0, 60).Select(_ =>
            (Id: Guid.CreateVersion7(), Customer: customers[random.Next(3)], Amount: random.Next(1, 1_500))).ToList();
        var closed = new HashSet<Guid>();
        var steps = new List<Func<Task>>();
        foreach (var order in orders)
        {
            steps.Add(async () => (await payments.Pay(order.Id, order.Customer, order.Amount)).Dispose());
            if (random.Next(2) == 0) steps.Add(() => payments.TopUp(order.Customer, order.Amount));
            if (random.Next(4) == 0) continue;
            closed.Add(order.Id);
            if (random.Next(2) == 0) steps.Add(() => payments.Broker.Publish(Cancelled(order.Id, order.Customer)));
            else
                steps.Add(() =>
                    payments.Broker.Publish(Returned(order.Id, order.Customer, random.Next(3) == 0 ? 0 : 700)));
        }

        await Parallel.ForEachAsync(Shuffled(steps, random), new ParallelOptions { MaxDegreeOfParallelism = 8 },
            async (step, _) => await step());
        await payments.Closed(closed);

        await payments.LedgerIsSound();
    }

    static IEnumerable<T> Shuffled<T>(IEnumerable<T> items, Random? random = null) =>
        items.OrderBy(_ => (random ?? Random.Shared).Next()).ToList();

    Task<List<string>> Published(Guid order) =>
        payments.Query(db => db.Set<OutboxMessage>().Where(m => m.Key == order.ToString()).OrderBy(m => m.Sequence)
            .Select(m => m.Type).ToListAsync());
}
