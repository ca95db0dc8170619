using System.Data.Common;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CarShare.Contracts;
using CarShare.Orders.Data;
using CarShare.Orders.Features;
using CarShare.ServiceDefaults;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;
using static CarShare.ServiceTests.Orders.OrdersFixture;

namespace CarShare.ServiceTests.Orders;

/// <summary>A year of orders by five hundred customers, in which an operator searches.</summary>
public sealed class FilterFixture(Servers servers, IdentityServer identity) : OrdersFixture(servers, identity)
{
    public const int Past = 40_000;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await Sql(
            $$"""
            INSERT INTO orders (order_id, customer_id, request_hash, product_id, quantity, hours, delivery_address,
                vehicles, revision, history, status, attempts, created_at)
            SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '70008' || substr(md5(n::text), 1,
                15))::uuid, 'past-' || n % 500, '',
                gen_random_uuid(), 1, 1, 'Seoul',
                    jsonb_build_array(jsonb_build_object('vehicleId', gen_random_uuid(), 'plate', 'P-' || n % 9000)), 1,
                    '[]',
                CASE n % 3 WHEN 0 THEN 'Cancelled' ELSE 'Returned' END, 1, at
            FROM generate_series(1, {{Past}}) AS n,
                LATERAL (SELECT now() - interval '1 year' * n / {{Past}} AS at) AS t;
            ANALYZE orders;
            """);
    }
}

/// <summary>An operator finds an order by customer, car, time and status; nobody reads the whole past for it.</summary>
public sealed class FilterTests(FilterFixture orders) : IClassFixture<FilterFixture>
{
    const int FewRows = 1_000;

    [Fact]
    public async Task An_operator_finds_orders_by_customer_plate_time_and_status()
    {
        var (customer, before) = (Customer(), DateTimeOffset.UtcNow.AddSeconds(-1));
        var (first, second) = (await orders.Placed(customer), await orders.Placed(customer));
        await orders.Sql(
            $$"""
                UPDATE orders SET vehicles = '[{"vehicleId": "{{Guid.NewGuid()}}", "plate": "77하7777"}]' 
                WHERE order_id = '{{second.OrderId}}'
                """);
        await orders.Send(null, HttpMethod.Delete, $"/orders/{first.OrderId}");

        Assert.Equal([second.OrderId, first.OrderId], await Found($"customerId={customer}"));
        foreach (var spelling in new[]
        {
            "77하7777", "77 하 7777", "77하-7777", "７７하7777", "77하–7777", "77\u1112\u11617777",
        })
            Assert.Equal([second.OrderId], await Found($"plate={Uri.EscapeDataString(spelling)}"));
        Assert.Equal([first.OrderId], await Found($"customerId={customer}&status=Cancelled"));
        Assert.Equal([second.OrderId, first.OrderId], await Found(
            $"customerId={customer}&from={before:O}".Replace("+", "%2B", StringComparison.Ordinal)));
        Assert.Empty(await Found($"customerId={customer}&to={before:O}".Replace("+", "%2B", StringComparison.Ordinal)));
        Assert.Empty(await Found("plate=none"));
    }

    [Theory]
    [InlineData("äb-12", "ÄB 12")]
    [InlineData("Élysée 7", "élysée7")]
    [InlineData("к015мм", "К 015 ММ")]
    [InlineData("ΑΒΓ-ς", "αβγσ")]
    [InlineData("straße 1", "Straße-1")]
    [InlineData("ﬁat 1", "FIAT1")]
    public async Task A_plate_is_found_in_either_case_of_any_script(string plate, string sought)
    {
        var order = await orders.Placed(Customer());
        await orders.Sql(
            $$"""
            UPDATE orders SET vehicles = '[{"vehicleId": "{{Guid.NewGuid()}}", "plate": "{{plate}}"}]'
            WHERE order_id = '{{order.OrderId}}'
            """);
        foreach (var spelling in new[] { plate, sought })
            Assert.Equal([order.OrderId], await Found($"plate={Uri.EscapeDataString(spelling)}"));
    }

    [Theory]
    [InlineData("customerId=bob")]
    [InlineData("plate=77하7777")]
    [InlineData("from=2026-01-01T00:00:00Z")]
    public async Task A_customer_has_no_use_for_an_operators_filter(string filter) =>
        Assert.Equal(
            HttpStatusCode.BadRequest, (await orders.Send(Customer(), HttpMethod.Get, $"/orders?{filter}")).Status);

    [Theory]
    [InlineData("from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z")]
    [InlineData("from=yesterday")]
    [InlineData("status=placed")]
    [InlineData("number=1")]
    [InlineData("plate=---")]
    [InlineData("plate=%E2%80%93_%20%E2%88%92")]
    public async Task A_filter_that_makes_no_sense_is_refused(string filter) =>
        Assert.Equal(HttpStatusCode.BadRequest, (await orders.Send(null, HttpMethod.Get, $"/orders?{filter}")).Status);

    [Theory]
    [InlineData("from=0001-01-01T00:00:00Z")]
    [InlineData("from=1969-12-31T23:59:59.9999999Z&to=9999-12-31T23:59:59.9999999Z")]
    [InlineData("from=1970-01-01T00:04:59%2B14:00")]
    [InlineData("to=9999-12-31T23:59:59-14:00")]
    [InlineData("from=0001-01-01T00:00:00%2B14:00")]
    public async Task A_time_that_no_order_was_made_at_is_no_fault(string filter) =>
        Assert.InRange(
            (int)(await orders.Send(null, HttpMethod.Get, $"/orders?{filter}&customerId=nobody")).Status, 200, 400);

    public static TheoryData<string> Filters => [
        "none", "status nobody has", "status many have", "customer", "customer nobody is",
        "plate", "plate nobody has", "month", "hour", "week and status", "customer and month",
    ];

    [Theory]
    [MemberData(nameof(Filters))]
    public async Task Every_filter_reads_a_few_rows_only(string what)
    {
        var now = DateTimeOffset.UtcNow;
        OrderFilter filter = what switch
        {
            "status nobody has" => new(OrderStatus.InUse, null, null, null, null),
            "status many have" => new(OrderStatus.Returned, null, null, null, null),
            "customer" => new(null, "past-7", null, null, null),
            "customer nobody is" => new(null, "past-none", null, null, null),
            "plate" => new(null, null, "P-77", null, null),
            "plate nobody has" => new(null, null, "P-none", null, null),
            "month" => new(null, null, null, now.AddDays(-200), now.AddDays(-170)),
            "hour" => new(null, null, null, now.AddDays(-200), now.AddDays(-200).AddHours(1)),
            "week and status" => new(OrderStatus.Cancelled, null, null, now.AddDays(-200), now.AddDays(-193)),
            "customer and month" => new(null, "past-7", null, now.AddDays(-200), now.AddDays(-170)),
            _ => default,
        };
        await using var store = await orders.Connect();
        var query = new LastQuery();
        await using var db = new OrdersDb(
            new DbContextOptionsBuilder<OrdersDb>().UseNpgsql(store).AddInterceptors(query).Options);
        await new ReadOrders(db).Matching(filter, new(null, IsOperator: true), null).Take(21).ToListAsync();

        var plan = await query.Explain(store);
        Assert.DoesNotContain(plan, node => node.Kind == "Seq Scan");
        Assert.InRange(plan.Sum(node => node.Rows), 0, FewRows);
    }

    async Task<IEnumerable<Guid>> Found(string filter)
    {
        using var http = orders.Operator();
        return (await http.GetFromJsonAsync<Page<OrderDto>>($"/orders?{filter}", ApiJson.Options))!.Items
            .Select(order => order.OrderId);
    }

    sealed class LastQuery : DbCommandInterceptor
    {
        string _sql = "";
        List<NpgsqlParameter> _parameters = [];

        public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
            DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result,
            CancellationToken cancellationToken = default)
        {
            (_sql, _parameters) =
                (command.CommandText, [.. command.Parameters.Cast<NpgsqlParameter>().Select(p => p.Clone())]);
            return new(result);
        }

        /// <summary>Every node of the plan, with the rows it read.</summary>
        public async Task<List<(string Kind, double Rows)>> Explain(NpgsqlConnection store)
        {
            await using var command = new NpgsqlCommand($"EXPLAIN (ANALYZE, FORMAT JSON) {_sql}", store);
            command.Parameters.AddRange(_parameters.ToArray());
            var plan = JsonDocument.Parse((string)(await command.ExecuteScalarAsync())!).RootElement[0]
                .GetProperty("Plan");
            return [.. Nodes(plan)];
        }

        static IEnumerable<(string, double)> Nodes(JsonElement node)
        {
            var loops = node.GetProperty("Actual Loops").GetDouble();
            var removed = node.TryGetProperty("Rows Removed by Filter", out var rows) ? rows.GetDouble() : 0;
            yield return (node.GetProperty("Node Type")
                .GetString()!, (node.GetProperty("Actual Rows").GetDouble() + removed) * loops);
            if (!node.TryGetProperty("Plans", out var children)) yield break;
            foreach (var below in children.EnumerateArray().SelectMany(Nodes)) yield return below;
        }
    }
}
