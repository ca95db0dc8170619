using System.Net;
using CarShare.Contracts;
using CarShare.ServiceTests.Payments;
using CarShare.Tests;
using Microsoft.EntityFrameworkCore;
using static CarShare.ServiceTests.Payments.PaymentsFixture;

namespace CarShare.ServiceTests.Sagas;

public sealed class PaymentsSagaTests(PaymentsFixture payments, ITestOutputHelper output)
    : IClassFixture<PaymentsFixture>
{
    const decimal Amount = 1_000;

    [Fact]
    public async Task A_payment_that_meets_the_close_is_given_back_or_never_taken()
    {
        var orders = Enumerable.Range(0, Interleaving.Runs).Select(_ => Guid.CreateVersion7()).ToArray();
        var customers = await Task.WhenAll(
            Enumerable.Range(0, 10).Select(_ => payments.CustomerWith(Amount * Interleaving.Runs)));
        var paid = new bool[orders.Length];

        await Interleaving.Run(payments.AllHandled, null,
            async run =>
            {
                var answer = await payments.Pay(orders[run], customers[run % 10], Amount);
                if (!(paid[run] = answer.StatusCode == HttpStatusCode.OK))
                    await Refused(answer, HttpStatusCode.Conflict, "order-closed");
            },
            run => run % 2 == 0
                ? payments.Broker.Publish(Cancelled(orders[run], customers[run % 10]))
                : payments.Broker.Publish(Rejected(orders[run], customers[run % 10])));

        var entries = await payments.Query(
            db => db.LedgerEntries.Where(e => orders.Contains(e.OrderId!.Value)).ToListAsync());
        LedgerEntryKind[] takenAndGivenBack = [LedgerEntryKind.Payment, LedgerEntryKind.Refund];
        for (var run = 0; run < orders.Length; run++)
            Assert.Equal(paid[run] ? takenAndGivenBack : [], entries.Where(e => e.OrderId == orders[run])
                .Select(e => e.Kind).Order());
        foreach (var customer in customers)
            Assert.Equal(new(customer, Amount * Interleaving.Runs, 0), await payments.Deposit(customer));
        await payments.LedgerIsSound();
        await Eventually.Holds("everybody who paid is told that and of the refund, once", () => Task.FromResult(
            payments.Broker.Published<PaymentApproved>().Count(e => orders.Contains(e.OrderId)) == paid.Count(p => p)
            && payments.Broker.Published<PaymentRefunded>()
                .Count(e => orders.Contains(e.OrderId)) == paid.Count(p => p)));
        output.WriteLine($"{paid.Count(p => p)} of {orders.Length} payments came before the close");
    }

    [Fact]
    public async Task The_whole_past_read_again_moves_no_money()
    {
        var customers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => payments.CustomerWith(120_000)));
        var told = new List<Guid>();
        for (var i = 0; i < 100; i++)
        {
            var (order, customer) = (Guid.CreateVersion7(), customers[i % 10]);
            // Each pays more than the deposit holds in the end, so some are declined and some owe.
            if (i % 6 != 4) (await payments.Pay(order, customer, 20_000)).Dispose();
            if (i % 6 is 1) told.Add(await payments.Broker.Publish(Cancelled(order, customer)));
            if (i % 6 is 2) told.Add(await payments.Broker.Publish(Returned(order, customer, 0)));
            if (i % 6 is 3) told.Add(await payments.Broker.Publish(Returned(order, customer, 30_000)));
            if (i % 6 is 4 or 5) told.Add(await payments.Broker.Publish(Rejected(order, customer)));
        }

        await payments.AllHandled(told);
        foreach (var customer in customers.Take(5)) await payments.TopUp(customer, 7_000);

        await Replay.ChangesNothing(payments);
        await payments.LedgerIsSound();
    }
}
