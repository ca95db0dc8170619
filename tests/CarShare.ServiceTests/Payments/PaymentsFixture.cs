using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CarShare.Contracts;
using CarShare.Payments.Data;
using CarShare.ServiceDefaults;
using CarShare.Tests;
using Microsoft.EntityFrameworkCore;


namespace CarShare.ServiceTests.Payments;

/// <summary>One service for all tests of payments; each test has customers and orders of its own.</summary>
[CollectionDefinition("payments")]
public sealed class PaymentsCollection : ICollectionFixture<PaymentsFixture>;

public sealed class PaymentsFixture(Servers servers, IdentityServer identity)
    : ServiceFixture<PaymentsDb>(servers, identity, "paymentsdb")
{
    public static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Two replicas share the partitions, so that batches also meet each other on one deposit.</summary>
    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await StartReplica();
    }

    public static string NewCustomer() => $"customer-{Guid.NewGuid():N}";

    public async Task<string> CustomerWith(decimal balance)
    {
        var customer = NewCustomer();
        await TopUp(customer, balance);
        return customer;
    }

    public async Task<DepositDto> TopUp(string customer, decimal amount)
    {
        using var http = As(customer);
        using var answer = await PostDeposit(http, new { amount }, $"{Guid.NewGuid()}");
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<DepositDto>(ApiJson.Options))!;
    }

    public static Task<HttpResponseMessage> PostDeposit(HttpClient http, object body, string? key)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/deposits") { Content = JsonContent.Create(body) };
        if (key is not null) request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        return http.SendAsync(request);
    }

    public async Task<HttpResponseMessage> Pay(Guid orderId, string customerId, decimal amount)
    {
        using var http = Service();
        return await http.PutAsJsonAsync(
            $"/internal/payments/{orderId}", new PayRequest(customerId, amount), ApiJson.Options);
    }

    public async Task<Guid> PaidOrder(string customerId, decimal amount)
    {
        var order = Guid.CreateVersion7();
        using var answer = await Pay(order, customerId, amount);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return order;
    }

    public async Task<DepositDto> Deposit(string customer)
    {
        using var http = As(customer);
        return (await http.GetFromJsonAsync<DepositDto>("/deposits", ApiJson.Options))!;
    }

    /// <summary>The ledger of a customer, oldest first.</summary>
    public async Task<IReadOnlyList<LedgerEntryDto>> Ledger(string customer)
    {
        using var http = As(customer);
        var page = await http.GetFromJsonAsync<Page<LedgerEntryDto>>("/deposits/ledger?limit=100", ApiJson.Options);
        return [.. page!.Items.Reverse()];
    }

    public async Task<PaymentDto> Payment(Guid orderId)
    {
        using var http = Operator();
        return (await http.GetFromJsonAsync<PaymentDto>($"/payments/{orderId}", ApiJson.Options))!;
    }

    public static OrderCancelled Cancelled(Guid orderId, string customer) =>
        new(orderId, customer, Now, CancelReason.Customer, Guid.NewGuid(), 1);

    public static OrderRejected Rejected(Guid orderId, string customer) =>
        new(orderId, customer, Now, "payment-declined", Guid.NewGuid(), 1);

    public static OrderReturned Returned(Guid orderId, string customer, decimal lateFee) =>
        new(orderId, customer, Now, Now, "Seoul", lateFee > 0 ? 2 : 0, lateFee);

    public Task Closed(params IReadOnlyCollection<Guid> orders) => Eventually.Holds(
        "the orders are closed", () => Query(async db =>
            await db.Payments.CountAsync(p => orders.Contains(p.OrderId) && p.ClosedAt != null) == orders.Count));

    /// <summary>
    /// Waits until everything published before has been handled: a partition is handled in order, and forty markers
    /// reach every one.
    /// </summary>
    public async Task EverythingHandled()
    {
        var markers = Enumerable.Range(0, 40).Select(_ => Guid.CreateVersion7()).ToList();
        foreach (var marker in markers) await Broker.Publish(Cancelled(marker, "marker"));
        await Closed(markers);
    }

    /// <summary>What must be true of the ledger at any moment, for every customer.</summary>
    public async Task LedgerIsSound()
    {
        await using var connection = await Connect();
        await using var command = connection.CreateCommand();
        command.CommandText =
            """
            SELECT 'balance', count(*) FROM deposits d
                LEFT JOIN (SELECT customer_id, sum(amount) AS total FROM ledger_entries
                GROUP BY customer_id) e USING (customer_id)
            WHERE coalesce(e.total, 0) <> d.balance - d.owed OR d.balance < 0 OR d.owed < 0
                OR (d.balance > 0 AND d.owed > 0)
            UNION ALL
            SELECT 'running sum', count(*)
                FROM (SELECT balance_after, sum(amount) OVER (PARTITION BY customer_id ORDER BY sequence) AS running
                FROM ledger_entries) x WHERE balance_after <> running
            UNION ALL
            SELECT 'twice', count(*) FROM (SELECT 1 FROM ledger_entries WHERE order_id IS NOT NULL GROUP BY order_id,
                kind HAVING count(*) > 1) twice
            UNION ALL
            SELECT 'net of an order', count(*) FROM payments p
                LEFT JOIN LATERAL (SELECT coalesce(sum(amount), 0) AS net
                FROM ledger_entries e WHERE e.order_id = p.order_id
                AND kind <> 'LateFee') n ON true
            WHERE n.net <> CASE WHEN p.status = 'Approved' THEN -p.amount ELSE 0 END
            """;
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            Assert.Equal((reader.GetString(0), 0), (reader.GetString(0), reader.GetInt64(1)));
    }

    public static async Task Refused(HttpResponseMessage answer, HttpStatusCode status, string code)
    {
        using (answer)
        {
            Assert.Equal(status, answer.StatusCode);
            var problem = await answer.Content.ReadFromJsonAsync<JsonElement>();
            Assert.Equal($"urn:carshare:problem:{code}", problem.GetProperty("type").GetString());
        }
    }
}
