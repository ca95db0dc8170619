using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using CarShare.Contracts;
using CarShare.ServiceDefaults;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using static CarShare.ServiceTests.Payments.PaymentsFixture;

namespace CarShare.ServiceTests.Payments;

[Collection("payments")]
public sealed class PayTests(PaymentsFixture payments)
{
    // C24 D14
    [Fact]
    public async Task A_payment_debits_the_deposit_once_however_often_it_is_repeated()
    {
        var customer = await payments.CustomerWith(50_000);
        var order = Guid.CreateVersion7();
        var answers = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            using var answer = await payments.Pay(order, customer, 30_000);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            answers.Add(await answer.Content.ReadAsStringAsync());
        }

        Assert.Single(answers.Distinct());
        Assert.Equal(new(customer, 20_000, 0), await payments.Deposit(customer));
        var payment = await payments.Payment(order);
        Assert.Equal((order, customer, 30_000, PaymentStatus.Approved), (
            payment.OrderId, payment.CustomerId, payment.Amount, payment.Status));
        Assert.NotEqual(order, payment.PaymentId);
        Assert.Equal([(LedgerEntryKind.TopUp, 50_000, 50_000), (LedgerEntryKind.Payment, -30_000, 20_000)],
            (await payments.Ledger(customer)).Select(e => (e.Kind, e.Amount, e.BalanceAfter)));

        var told = await payments.Broker.Sees<PaymentApproved>(e => e.OrderId == order);
        Assert.Equal((customer, 30_000, payment.PaymentId), (told.CustomerId, told.Amount, told.PaymentId));
        Assert.Equal(1, await Published(order));
    }

    // C24 D1
    [Fact]
    public async Task A_payment_beyond_the_balance_takes_nothing_is_told_once_and_may_be_paid_after_a_top_up()
    {
        var customer = await payments.CustomerWith(9_999);
        var order = Guid.CreateVersion7();
        await Refused(await payments.Pay(order, customer, 10_000), HttpStatusCode.PaymentRequired, "payment-declined");
        await Refused(await payments.Pay(order, customer, 10_000), HttpStatusCode.PaymentRequired, "payment-declined");

        Assert.Equal(new(customer, 9_999, 0), await payments.Deposit(customer));
        var declined = await payments.Payment(order);
        Assert.Equal(PaymentStatus.Declined, declined.Status);
        Assert.Equal(10_000, (await payments.Broker.Sees<PaymentDeclined>(e => e.OrderId == order)).Amount);
        Assert.Equal(1, await Published(order));

        await payments.TopUp(customer, 1);
        using var answer = await payments.Pay(order, customer, 10_000);
        Assert.Equal(new(declined.PaymentId, PaymentStatus.Approved),
            await answer.Content.ReadFromJsonAsync<PaymentResultDto>(ApiJson.Options));
        Assert.Equal(new(customer, 0, 0), await payments.Deposit(customer));
    }

    [Fact]
    public async Task A_payment_that_waits_at_its_order_holds_no_deposit()
    {
        var (customer, order) = (await payments.CustomerWith(10_000), Guid.CreateVersion7());
        await using var other = await payments.Connect();
        await using var transaction = await other.BeginTransactionAsync();
        await using (var hearing = new NpgsqlCommand("INSERT INTO payments (order_id, created_at) VALUES ($1, now())",
            other)
        { Parameters = { new() { Value = order } } })
            await hearing.ExecuteNonQueryAsync();

        var waiting = payments.Pay(order, customer, 10_000);
        await payments.SomebodyWaitsForALock();
        Assert.Equal(new(customer, 10_001, 0), await payments.TopUp(customer, 1));
        await transaction.CommitAsync();

        using var answer = await waiting;
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(new(customer, 1, 0), await payments.Deposit(customer));
        Assert.Equal(1, await Published(order));
        await payments.LedgerIsSound();
    }

    [Fact]
    public async Task A_customer_without_a_deposit_is_declined()
    {
        var (customer, order) = (NewCustomer(), Guid.CreateVersion7());
        await Refused(await payments.Pay(order, customer, 1), HttpStatusCode.PaymentRequired, "payment-declined");
        Assert.Equal(new(customer, 0, 0), await payments.Deposit(customer));
    }

    [Fact]
    public async Task Another_amount_or_customer_for_the_same_order_is_refused_whether_it_was_paid_or_declined()
    {
        var (alice, bob) = (await payments.CustomerWith(10_000), await payments.CustomerWith(10_000));
        var paid = await payments.PaidOrder(alice, 1_000);
        var declined = Guid.CreateVersion7();
        (await payments.Pay(declined, alice, 20_000)).Dispose();
        foreach (var order in new[] { paid, declined })
        {
            await Refused(await payments.Pay(order, alice, 1_001), HttpStatusCode.Conflict, "order-mismatch");
            await Refused(await payments.Pay(order, bob, 1_000), HttpStatusCode.Conflict, "order-mismatch");
        }

        Assert.Equal((9_000, 10_000), ((await payments.Deposit(alice)).Balance, (await payments.Deposit(bob)).Balance));
    }

    [Fact]
    public async Task A_hundred_debits_at_once_never_overdraw_a_deposit()
    {
        var customer = await payments.CustomerWith(5_050);
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 100).Select(_ => payments.Pay(Guid.CreateVersion7(), customer, 100)));

        Assert.Equal(50, answers.Count(a => a.StatusCode == HttpStatusCode.OK));
        Assert.Equal(50, answers.Count(a => a.StatusCode == HttpStatusCode.PaymentRequired));
        Assert.Equal(new(customer, 50, 0), await payments.Deposit(customer));
        await payments.LedgerIsSound();
    }

    [Fact]
    public async Task Fifty_payments_of_one_order_at_once_are_one_payment_with_one_answer()
    {
        var (customer, order) = (await payments.CustomerWith(1_000), Guid.CreateVersion7());
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ =>
        {
            using var answer = await payments.Pay(order, customer, 100);
            return (answer.StatusCode, Body: await answer.Content.ReadAsStringAsync());
        }));

        Assert.Equal(HttpStatusCode.OK, Assert.Single(answers.Distinct()).StatusCode);
        Assert.Equal(new(customer, 900, 0), await payments.Deposit(customer));
        Assert.Equal(1, await Published(order));
    }

    [Theory]
    [InlineData("""{"customerId":"alice","amount":0}""", "amount")]
    [InlineData("""{"customerId":"alice","amount":-5}""", "amount")]
    [InlineData("""{"customerId":"alice","amount":1.5}""", "amount")]
    [InlineData("""{"customerId":"alice","amount":100000001}""", "amount")]
    [InlineData("""{"customerId":"alice","amount":1e40}""", "amount")]
    [InlineData("""{"customerId":"alice","amount":"5"}""", "amount")]
    [InlineData("""{"customerId":"alice"}""", "amount")]
    [InlineData("""{"customerId":"","amount":5}""", "customerId")]
    [InlineData("""{"customerId":"a\u0000b","amount":5}""", "customerId")]
    [InlineData("""{"customerId":"alice","amount":5,"status":"Approved"}""", "status")]
    [InlineData("", "body")]
    public async Task A_payment_that_makes_no_sense_is_refused_by_name_and_leaves_no_row(string body, string field)
    {
        var order = Guid.CreateVersion7();
        using var http = payments.Service();
        using var answer = await http.PutAsync(
            $"/internal/payments/{order}", new StringContent(body, Encoding.UTF8, "application/json"));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.True(
            (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("errors").TryGetProperty(field, out _));
        Assert.False(await payments.Query(db => db.Payments.AnyAsync(p => p.OrderId == order)));
    }

    /// <summary>What the outbox holds is what will be published, no more.</summary>
    Task<int> Published(Guid order) =>
        payments.Query(db => db.Set<CarShare.Messaging.OutboxMessage>().CountAsync(m => m.Key == order.ToString()));
}
