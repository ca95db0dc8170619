using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using CarShare.Contracts;
using CarShare.ServiceDefaults;
using Microsoft.EntityFrameworkCore;
using static CarShare.ServiceTests.Payments.PaymentsFixture;

namespace CarShare.ServiceTests.Payments;

[Collection("payments")]
public sealed class DepositTests(PaymentsFixture payments)
{
    [Fact]
    public async Task A_top_up_credits_the_deposit_and_is_told()
    {
        var customer = NewCustomer();
        using var http = payments.As(customer);
        Assert.Equal(new(customer, 0, 0), await payments.Deposit(customer));
        using var answer = await PostDeposit(http, new { amount = 30_000 }, "first");

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.Equal("/deposits", answer.Headers.Location?.ToString());
        Assert.Equal(new(customer, 30_000, 0), await answer.Content.ReadFromJsonAsync<DepositDto>(ApiJson.Options));
        Assert.Equal(new(customer, 30_000, 0), await payments.Deposit(customer));
        var told = await payments.Broker.Sees<DepositCredited>(e => e.CustomerId == customer);
        Assert.Equal((30_000, 30_000), (told.Amount, told.Balance));
    }

    [Fact]
    public async Task A_repeated_top_up_gets_its_first_answer_verbatim_and_another_amount_under_its_key_is_refused()
    {
        var customer = NewCustomer();
        using var http = payments.As(customer);
        using var first = await http.SendAsync(Raw("""{"amount":500.0}""", "key"));
        await payments.TopUp(customer, 1_000);
        using var repeated = await PostDeposit(http, new { amount = 500, customerId = customer }, "key");

        Assert.Equal(HttpStatusCode.Created, repeated.StatusCode);
        Assert.Equal(first.Headers.Location, repeated.Headers.Location);
        Assert.Equal(await first.Content.ReadAsStringAsync(), await repeated.Content.ReadAsStringAsync());
        await Refused(await PostDeposit(http, new { amount = 501 }, "key"), HttpStatusCode.UnprocessableEntity,
            "idempotency-key-reused");
        Assert.Equal(new(customer, 1_500, 0), await payments.Deposit(customer));
    }

    [Fact]
    public async Task Fifty_top_ups_at_once_under_one_key_are_one_entry_with_fifty_equal_answers()
    {
        var customer = NewCustomer();
        using var http = payments.As(customer);
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ =>
        {
            using var answer = await PostDeposit(http, new { amount = 700 }, "same");
            return (answer.StatusCode, Body: await answer.Content.ReadAsStringAsync());
        }));

        Assert.Equal(HttpStatusCode.Created, Assert.Single(answers.Distinct()).StatusCode);
        Assert.Single(await payments.Ledger(customer));
        Assert.Equal(new(customer, 700, 0), await payments.Deposit(customer));
    }

    [Fact]
    public async Task A_key_belongs_to_whoever_sends_it_whosever_deposit_it_is_for()
    {
        var (alice, bob) = (NewCustomer(), NewCustomer());
        using var asAlice = payments.As(alice);
        using var asOperator = payments.Operator();
        var key = $"{Guid.NewGuid()}";
        using var own = await PostDeposit(asAlice, new { amount = 700 }, key);
        using var theirs = await PostDeposit(asOperator, new { amount = 700, customerId = alice }, key);

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.Created), (own.StatusCode, theirs.StatusCode));
        Assert.Equal(new(alice, 1_400, 0), await payments.Deposit(alice));
        using var repeated = await PostDeposit(asOperator, new { amount = 700, customerId = alice }, key);
        Assert.Equal(await theirs.Content.ReadAsStringAsync(), await repeated.Content.ReadAsStringAsync());
        await Refused(await PostDeposit(asOperator, new { amount = 700, customerId = bob }, key),
            HttpStatusCode.UnprocessableEntity, "idempotency-key-reused");
        Assert.Equal(new(bob, 0, 0), await payments.Deposit(bob));
    }

    [Fact]
    public async Task One_key_for_two_deposits_at_once_credits_one_of_them()
    {
        using var asOperator = payments.Operator();
        var (key, customers) = ($"{Guid.NewGuid()}", Enumerable.Range(0, 10).Select(_ => NewCustomer()).ToList());
        var answers = await Task.WhenAll(customers.Select(async customer =>
        {
            using var answer = await PostDeposit(asOperator, new { amount = 5, customerId = customer }, key);
            return answer.StatusCode;
        }));
        Assert.Single(answers, HttpStatusCode.Created);
        Assert.Equal(9, answers.Count(status => status == HttpStatusCode.UnprocessableEntity));
        Assert.Single(await Task.WhenAll(customers.Select(payments.Deposit)), deposit => deposit.Balance == 5);
    }

    [Fact]
    public async Task The_location_of_a_credit_leads_to_the_deposit_for_whoever_made_it()
    {
        using var asOperator = payments.Operator();
        using var credit = await PostDeposit(
            asOperator, new { amount = 5, customerId = NewCustomer() }, $"{Guid.NewGuid()}");
        Assert.Equal(
            5, (await asOperator.GetFromJsonAsync<DepositDto>(credit.Headers.Location, ApiJson.Options))!.Balance);
    }

    // C25 C27
    [Fact]
    public async Task A_deposit_is_its_customers_own_and_operators_may_name_anybody()
    {
        var (alice, bob) = (await payments.CustomerWith(100), NewCustomer());
        using var asBob = payments.As(bob);
        using var asOperator = payments.Operator();
        using var nobody = payments.Anonymous();
        await Refused(await nobody.GetAsync("/deposits"), HttpStatusCode.Unauthorized, "unauthorized");
        await Refused(await asBob.GetAsync($"/deposits?customerId={alice}"), HttpStatusCode.NotFound, "not-found");
        await Refused(
            await asBob.GetAsync($"/deposits/ledger?customerId={alice}"), HttpStatusCode.NotFound, "not-found");
        await Refused(await PostDeposit(asBob, new { amount = 5, customerId = alice }, "k"), HttpStatusCode.NotFound,
            "not-found");
        await Refused(await asOperator.GetAsync("/deposits"), HttpStatusCode.BadRequest, "validation");
        await Refused(await asOperator.GetAsync("/deposits?customerId=a%00b"), HttpStatusCode.BadRequest, "validation");

        using var answer = await PostDeposit(asOperator, new { amount = 5, customerId = alice }, "k");
        Assert.Equal(new(alice, 105, 0), await answer.Content.ReadFromJsonAsync<DepositDto>(ApiJson.Options));
        Assert.Equal(new(alice, 105, 0), await asOperator.GetFromJsonAsync<DepositDto>(
            $"/deposits?customerId={alice}", ApiJson.Options));
        Assert.Equal(
            new(bob, 0, 0), await asBob.GetFromJsonAsync<DepositDto>($"/deposits?customerId={bob}", ApiJson.Options));
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("/")]
    [InlineData("a%2Fb")]
    [InlineData("../etc?x=1#2")]
    [InlineData("100% & 두 단어")]
    public async Task Whatever_a_customers_id_is_made_of_orders_sees_the_deposit_the_customer_sees(string name)
    {
        var customer = $"{name} {Guid.NewGuid():N}";
        await payments.TopUp(customer, 250);
        using var orders = payments.Service();
        Assert.Equal(new(customer, 250, 0), await orders.GetFromJsonAsync<DepositDto>(
            $"/internal/deposits/{Uri.EscapeDataString(customer)}", ApiJson.Options));
        Assert.Equal(new(customer, 250, 0), await payments.Deposit(customer));
    }

    [Theory]
    [InlineData("\uff21lice")]
    [InlineData("e\u0301lise")]
    [InlineData("ali\u200bce")]
    [InlineData("\u202ealice")]
    [InlineData(" alice")]
    [InlineData("alice\u00a0")]
    [InlineData("ali\nce")]
    [InlineData("..")]
    [InlineData("")]
    public async Task Whom_other_requests_would_read_as_somebody_else_is_nobody_and_told_why(string subject)
    {
        await payments.TopUp("alice", 1);
        using var http = payments.Anonymous();
        http.DefaultRequestHeaders.Authorization = new("Bearer", payments.Identity.Mint(new() { Subject = subject }));
        foreach (var path in new[] { "/deposits", "/payments", "/deposits/ledger" })
        {
            using var answer = await http.GetAsync(path);
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
            Assert.StartsWith("The token's subject", (await answer.Content.ReadFromJsonAsync<JsonElement>())
                .GetProperty("detail").GetString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("""{"amount":0}""", "k", "amount")]
    [InlineData("""{"amount":-1}""", "k", "amount")]
    [InlineData("""{"amount":0.5}""", "k", "amount")]
    [InlineData("""{"amount":100000001}""", "k", "amount")]
    [InlineData("""{"amount":1e99}""", "k", "amount")]
    [InlineData("""{"amount":null}""", "k", "amount")]
    [InlineData("""{}""", "k", "amount")]
    [InlineData("""{"amount":5,"status":"Approved"}""", "k", "status")]
    [InlineData("""{"amount":5}""", null, "Idempotency-Key")]
    [InlineData("""{"amount":5}""", "", "Idempotency-Key")]
    [InlineData("""{"amount":5,"customerId":""}""", "k", "customerId")]
    [InlineData("[", "k", "body")]
    public async Task A_top_up_that_makes_no_sense_is_refused_by_name_and_leaves_nothing(
        string body, string? key, string field)
    {
        var customer = NewCustomer();
        using var http = payments.As(customer);
        using var answer = await http.SendAsync(Raw(body, key));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.True(
            (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("errors").TryGetProperty(field, out _));
        Assert.False(await payments.Query(db => db.Deposits.AnyAsync(d => d.CustomerId == customer)));
    }

    [Fact]
    public async Task A_key_of_more_than_a_hundred_characters_is_refused()
    {
        using var http = payments.As(NewCustomer());
        await Refused(
            await PostDeposit(http, new { amount = 5 }, new string('k', 101)), HttpStatusCode.BadRequest, "validation");
        using var longest = await PostDeposit(http, new { amount = 5 }, new string('k', 100));
        Assert.Equal(HttpStatusCode.Created, longest.StatusCode);
    }

    [Fact]
    public async Task A_top_up_beyond_what_a_deposit_can_hold_is_refused_and_its_key_stays_free()
    {
        var customer = await payments.CustomerWith(1);
        await payments.Query(db => db.Database.ExecuteSqlAsync(
            $"""
            WITH e AS (UPDATE ledger_entries SET amount = 9999999999999, balance_after = 9999999999999
                WHERE customer_id = {customer}) UPDATE deposits SET balance = 9999999999999
                WHERE customer_id = {customer}
            """));
        using var http = payments.As(customer);
        await Refused(await PostDeposit(http, new { amount = 2 }, "key"), HttpStatusCode.Conflict, "deposit-limit");
        using var answer = await PostDeposit(http, new { amount = 1 }, "key");
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
    }

    // C27
    [Fact]
    public async Task Payments_and_ledger_are_listed_newest_first_page_by_page_and_only_to_their_owner()
    {
        var (alice, bob) = (await payments.CustomerWith(10_000), await payments.CustomerWith(10_000));
        var orders = new List<Guid>();
        for (var i = 0; i < 5; i++) orders.Add(await payments.PaidOrder(alice, 100 + i));
        using var asAlice = payments.As(alice);
        using var asBob = payments.As(bob);
        using var asOperator = payments.Operator();

        var listed = await All<PaymentDto>(asAlice, "/payments");
        Assert.Equal(orders.AsEnumerable().Reverse(), listed.Select(p => p.OrderId));
        Assert.Equal([-104, -103, -102, -101, -100, 10_000], (await All<LedgerEntryDto>(asAlice, "/deposits/ledger"))
            .Select(e => e.Amount));
        Assert.Empty(await All<PaymentDto>(asBob, "/payments"));
        using var hidden = await asBob.GetAsync($"/payments/{orders[0]}");
        Assert.Equal(HttpStatusCode.NotFound, hidden.StatusCode);
        Assert.Equal(orders[0],
            (await asOperator.GetFromJsonAsync<PaymentDto>($"/payments/{orders[0]}", ApiJson.Options))!.OrderId);
        await Refused(await asAlice.GetAsync("/payments?limit=0"), HttpStatusCode.BadRequest, "validation");
        await Refused(await asAlice.GetAsync("/payments/42"), HttpStatusCode.BadRequest, "validation");
    }

    // C25
    [Theory]
    [InlineData("POST", "/payments")]
    [InlineData("PUT", "/payments/0193f000-0000-7000-8000-000000000001")]
    [InlineData("PATCH", "/payments/0193f000-0000-7000-8000-000000000001")]
    [InlineData("DELETE", "/payments/0193f000-0000-7000-8000-000000000001")]
    [InlineData("PUT", "/deposits")]
    [InlineData("DELETE", "/deposits/ledger")]
    public async Task Nobody_writes_payments_or_entries_from_outside(string method, string path)
    {
        using var http = payments.Operator();
        await Refused(
            await http.SendAsync(new(new(method), path)), HttpStatusCode.MethodNotAllowed, "method-not-allowed");
    }

    static HttpRequestMessage Raw(string body, string? key)
    {
        var request = new HttpRequestMessage(
            HttpMethod.Post, "/deposits")
        { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        if (key is not null) request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        return request;
    }

    static async Task<List<T>> All<T>(HttpClient http, string path)
    {
        var all = new List<T>();
        string? next = null;
        do
        {
            var page = (await http.GetFromJsonAsync<Page<T>>(
                $"{path}?limit=2{(next is null ? "" : $"&after={next}")}", ApiJson.Options))!;
            Assert.InRange(page.Items.Count, 0, 2);
            all.AddRange(page.Items);
            next = page.Next;
        }
        while (next is not null);
        return all;
    }
}
