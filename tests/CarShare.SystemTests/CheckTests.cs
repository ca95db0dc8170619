using System.Net;
using System.Text.Json;
using CarShare.Contracts;
using CarShare.LoadTests.Chaos;
using CarShare.LoadTests.Checking;
using CarShare.LoadTests.Running;
using CarShare.Tests;

namespace CarShare.SystemTests;

/// <summary>A system with one order of each kind, for <see cref="CheckTests"/> to falsify.</summary>
public sealed class CheckedSystem : IAsyncLifetime
{
    OwnSystem? _system;
    Stores? _stores;

    internal RunningSystem System => _system!;

    internal Stores Stores => _stores!;

    /// <summary>
    /// Names for the statements: orders {preparing}, {returned} and {cancelled}, {product}, {payer}, {other} for an id
    /// that nothing has.
    /// </summary>
    internal Dictionary<string, string> Names { get; } = new() { ["{other}"] = Guid.NewGuid().ToString() };

    public async ValueTask InitializeAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        var ct = patience.Token;
        _system = await OwnSystem.Start(
            [
                "--Settings:deliveries:Deliveries__AutoDispatchAfter=-00:00:01",
                "--Settings:orders:Orders__HourLength=00:00:00.1", "--Settings:orders:Orders__SweepInterval=00:00:00.5",
            ], ct);
        _stores = await Stores.Open(_system);
        using var people = new People(_system);
        var product = await people.Operator.Needs<ProductDto>(HttpMethod.Post, "/stocks", new
        {
            modelName = "Falsified",
            hourlyRate = 1_000,
            location = "Seoul",
            plates = (string[])["F-1", "F-2", "F-3", "F-4", "F-5", "F-6"]
        }, ct);
        Names["{product}"] = product.ProductId.ToString();

        var preparing = await Rents("preparing");
        var returned = await Rents("returned");
        var cancelled = await Rents("cancelled");
        await people.Customer("cancelled").Needs<OrderDto>(HttpMethod.Delete, $"/orders/{cancelled}", null, ct);
        foreach (var step in (string[])["dispatch", "complete"])
            await Accepted(people.Operator, $"/deliveries/{returned}/{step}", null);
        await Accepted(people.Customer("returned"), $"/orders/{returned}/return", new { location = "Busan" });
        Assert.Equal(HttpStatusCode.PaymentRequired, (await new PatientClient()
            .Retry(people.Customer("poor"), HttpMethod.Post, "/orders", Order(), "poor", ct))?.Status);
        await Replaced(await Rents("replaced"));
        await NeverPaid();
        Names["{payer}"] = "preparing";
        await foreach (var id in _stores.Orders.Rows(
            $"SELECT id FROM outbox WHERE key = '{preparing}' AND type = 'carshare.order.placed.v1'",
            row => row.GetGuid(0), ct))
            Names["{placed}"] = id.ToString();
        // whatever is still under way would be found beside what is planted
        await Eventually.Holds("all is well", async () =>
            (await new Check(_stores).Run(TimeSpan.FromSeconds(20), ct)).Violations.Count == 0);

        async Task Replaced(Guid order)
        {
            var mine = await people.Customer("replaced").Needs<OrderDto>(HttpMethod.Get, $"/orders/{order}", null, ct);
            var car = $"/stocks/{product.ProductId}/vehicles/{mine.Vehicles.Single().VehicleId}";
            await people.Operator.Needs<VehicleDto>(HttpMethod.Patch, car, new { state = "Defective" }, ct);
        }

        // awaits its payment, which nobody can take, and is cancelled
        async Task NeverPaid()
        {
            var commands = new ResourceCommands(_system);
            await commands.Do("stop", "payments", ct);
            var answer = await new PatientClient().Retry(
                people.Customer("unpaid"), HttpMethod.Post, "/orders", Order(), "unpaid", ct);
            Assert.Equal(HttpStatusCode.Accepted, answer?.Status);
            var order = JsonSerializer.Deserialize<OrderDto>(answer!.Body, Person.Json)!.OrderId;
            await people.Customer("unpaid").Needs<OrderDto>(HttpMethod.Delete, $"/orders/{order}", null, ct);
            await commands.Start("payments", ct);
        }

        async Task<Guid> Rents(string customer)
        {
            await people.Customer(customer)
                .Needs<DepositDto>(HttpMethod.Post, "/deposits", new { amount = 1_000_000 }, ct);
            // the first rental compiles every service's code, which may take longer than an order may
            var answer = await new PatientClient().Retry(
                people.Customer(customer), HttpMethod.Post, "/orders", Order(), customer, ct);
            Assert.Equal(HttpStatusCode.Created, answer?.Status);
            var order = JsonSerializer.Deserialize<OrderDto>(answer!.Body, Person.Json)!.OrderId;
            Names[$"{{{customer}}}"] = order.ToString();
            return order;
        }

        object Order() => new { productId = product.ProductId, hours = 2, deliveryAddress = "Seoul, Jung-gu 1" };

        Task Accepted(Person who, string route, object? body) => Eventually.Holds(route, async () =>
        {
            using var answer = await who.Post(route, body, null, ct);
            return answer.IsSuccessStatusCode;
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (_stores is not null) await _stores.DisposeAsync();
        if (_system is not null) await _system.DisposeAsync();
    }
}

/// <summary>Each kind of violation is planted in a real system, and <c>check</c> finds it and nothing else.</summary>
public sealed class CheckTests(CheckedSystem system) : IClassFixture<CheckedSystem>
{
    // What is still under way is waited for; what is wrong for good is not.
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20), UnderWay = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The rule, the store, a change that breaks the rule, one that mends it, and whom the rule must name. A change is
    /// SQL, or for the pages a text replaced by another in a hash's field.
    /// </summary>
    public static TheoryData<string, string, string, string, string> Plants => new()
    {
        { Rules.Quiet, "orders",
            """
            INSERT INTO orders (order_id, customer_id, request_hash, product_id, quantity, hours, delivery_address,
                created_at, attempts, status, vehicles, revision, history)
                SELECT '{other}', customer_id, '', product_id, 1, 1, '', '2999-01-01', 1, 'Pending', '[]', 0, '[]'
                FROM orders WHERE order_id = '{preparing}'
            """,
                "DELETE FROM orders WHERE order_id = '{other}'", "{other}" },
        { Rules.NothingParked, "payments",
            """
            INSERT INTO dead_letters VALUES ('{other}', 'carshare.order.placed.v1', 'carshare.orders', 0, 0,
                '{preparing}', 1, '', NULL, 'planted', now(), NULL)
            """,
            "DELETE FROM dead_letters", "{preparing}" },
        { Rules.CaughtUp, "deliveries",
            """
            UPDATE consumer_positions SET next_offset = next_offset + 1 WHERE topic = 'carshare.orders'
                AND partition = 3
            """,
                """
                UPDATE consumer_positions SET next_offset = next_offset - 1 WHERE topic = 'carshare.orders'
                    AND partition = 3
                """,
                "deliveries" },
        { Rules.OnePayment, "payments", "UPDATE payments SET amount = amount + 1 WHERE order_id = '{preparing}'",
            "UPDATE payments SET amount = amount - 1 WHERE order_id = '{preparing}'", "{preparing}" },
        { Rules.OneDelivery,
            "deliveries", "UPDATE deliveries SET customer_id = 'somebody else' WHERE order_id = '{preparing}'",
            "UPDATE deliveries SET customer_id = 'preparing' WHERE order_id = '{preparing}'", "{preparing}" },
        { Rules.HoldsItsCars, "stocks", "UPDATE vehicles SET state = 'InUse' WHERE order_id = '{preparing}'",
            "UPDATE vehicles SET state = 'Available' WHERE order_id = '{preparing}'", "{preparing}" },
        { Rules.EndedHoldsNoCar, "stocks",
            """
            WITH car AS (UPDATE vehicles SET order_id = '{cancelled}', last_order_id = '{cancelled}'
                WHERE vehicle_id = (SELECT max(vehicle_id::text)::uuid FROM vehicles
                    WHERE order_id IS NULL AND state = 'Available')
                RETURNING vehicle_id) INSERT INTO reservations SELECT '{cancelled}', vehicle_id, 9, now(), NULL FROM car
            """,
            """
            WITH car AS (UPDATE vehicles SET order_id = NULL WHERE order_id = '{cancelled}') DELETE FROM reservations
                WHERE revision = 9
            """,
            "{cancelled}" },
        { Rules.EndedHoldsNoMoney, "payments",
            """
            WITH fee AS (INSERT INTO ledger_entries (entry_id, customer_id, kind, amount, balance_after, order_id, at)
                VALUES ('{other}', 'cancelled', 'LateFee', -1, 999999, '{cancelled}', now())) UPDATE deposits
                SET balance = balance - 1 WHERE customer_id = 'cancelled'
            """,
            """
            WITH fee AS (DELETE FROM ledger_entries WHERE entry_id = '{other}') UPDATE deposits
                SET balance = balance + 1 WHERE customer_id = 'cancelled'
            """,
            "{cancelled}" },
        { Rules.LedgerIsBalance, "payments", "UPDATE deposits SET balance = balance + 1 WHERE customer_id = '{payer}'",
            "UPDATE deposits SET balance = balance - 1 WHERE customer_id = '{payer}'", "{payer}" },
        { Rules.CarsAddUp, "stocks", "UPDATE products SET total = total + 1", "UPDATE products SET total = total - 1",
            "{product}" },
        { Rules.NoOverlap, "stocks",
            """
            INSERT INTO reservations SELECT '{returned}', vehicle_id, 9, reserved_at - interval '1 day',
                now() + interval '1 day' FROM reservations WHERE order_id = '{preparing}'
            """,
                "DELETE FROM reservations WHERE revision = 9", "{preparing}" },
        { Rules.NotifiedOnce,
            "notifications", "UPDATE notifications SET notification_id = '{other}' WHERE notification_id = '{placed}'",
            "UPDATE notifications SET notification_id = '{placed}' WHERE notification_id = '{other}'", "{preparing}" },
        { Rules.NotifiedOnce, "notifications",
            "UPDATE notifications SET kind = 'stock.shortage' WHERE kind = 'vehicle.reassigned'",
            "UPDATE notifications SET kind = 'vehicle.reassigned' WHERE kind = 'stock.shortage'", "{replaced}" },
        { Rules.NothingWithoutOrder,
            "payments", "INSERT INTO payments (order_id, created_at) VALUES ('{other}', now())",
            "DELETE FROM payments WHERE order_id = '{other}'", "{other}" },
        { Rules.TopicsComplete, "stocks",
            """
            INSERT INTO outbox (id, type, topic, key, payload, occurred_at, sent_at, attempt)
                VALUES ('{other}', 'carshare.product.changed.v1', 'carshare.stocks', '{product}', '{}', now(),
                now() + interval '1 hour', 0)
            """,
            "DELETE FROM outbox WHERE id = '{other}'", "{product}" },
        { Rules.OneContent,
            "stocks", "UPDATE outbox SET payload = payload || ' ' WHERE type = 'carshare.product.registered.v1'",
            "UPDATE outbox SET payload = rtrim(payload) WHERE type = 'carshare.product.registered.v1'", "{product}" },
        { Rules.PageIsTruth, "page:{preparing}:json", "\"quantity\":1", "\"quantity\":2", "{preparing}" },
        { Rules.TimelineIsComplete, "page:{preparing}:json", "\"event\":\"order.placed\"",
            "\"event\":\"order.returned\"", "{preparing}" },
        { Rules.StockOnPages, "product:{product}:available", "", "9", "{product}" },
    };

    [Fact]
    public async Task A_system_in_which_all_is_well_has_no_violations()
    {
        var result = await Check(Patience);

        Assert.Empty(result.Violations);
        Assert.Equal(6, result.Orders);
    }

    [Theory]
    [MemberData(nameof(Plants))]
    public async Task What_is_planted_is_found_and_nothing_else(
        string rule, string store, string plant, string mend, string subject)
    {
        await Change(store, plant, mend);
        try
        {
            await Finds(rule, subject);
        }
        finally
        {
            await Change(store, mend, plant);
        }
    }

    /// <summary>On the page too, which would else be found to show another price's parts.</summary>
    [Fact]
    public async Task A_price_that_is_not_rate_by_hours_by_cars_is_found()
    {
        const string Page = "page:{preparing}:json", Two = "\"hours\":2", Three = "\"hours\":3";
        await Sql("orders", "UPDATE orders SET hours = 3 WHERE order_id = '{preparing}'");
        try
        {
            await Change(Page, Two, Three);
            await Finds(Rules.Priced, "{preparing}");
        }
        finally
        {
            await Change(Page, Three, Two);
            await Sql("orders", "UPDATE orders SET hours = 2 WHERE order_id = '{preparing}'");
        }
    }

    [Fact]
    public async Task A_page_that_is_gone_is_found()
    {
        var key = $"page:{{preparing}}:{Fill("{preparing}")}";
        var page = await system.Stores.Redis.KeyDumpAsync(key);
        await system.Stores.Redis.KeyDeleteAsync(key);
        try
        {
            await Finds(Rules.OnePage, "{preparing}");
        }
        finally
        {
            await system.Stores.Redis.KeyRestoreAsync(key, page!);
        }
    }

    [Fact]
    public async Task An_event_that_is_not_sent_is_found()
    {
        var commands = new ResourceCommands(system.System);
        await commands.Do("stop", "notifications", CancellationToken.None);
        await Sql(
            "notifications",
            """
            INSERT INTO outbox (id, type, topic, key, payload, occurred_at, attempt)
                VALUES ('{other}', 'carshare.product.changed.v1', 'carshare.stocks', '{product}', '{}', now(), 0)
            """);
        try
        {
            await Finds(Rules.OutboxEmpty, "{product}");
        }
        finally
        {
            await Sql("notifications", "DELETE FROM outbox");
            await commands.Start("notifications", CancellationToken.None);
        }
    }

    [Fact]
    public async Task An_answer_that_was_not_kept_is_found()
    {
        var order = Guid.Parse(Fill("{preparing}"));

        var found = await Promises.Check(
            system.Stores, [new(order, Promised.Accepted), new(order, Promised.Cancelled)], CancellationToken.None);

        Assert.Equal((Rules.AnswersAreKept, order.ToString()), Assert.Single(found) is var one
            ? (one.Rule, one.Subject)
            : default);
    }

    /// <summary>What the plant before left behind may still settle.</summary>
    async Task Finds(string rule, string subject)
    {
        IReadOnlyList<Violation> found = [];
        await Eventually.Holds($"only {rule} of {Fill(subject)} is found", async () =>
        {
            found = (await Check(UnderWay)).Violations;
            return found.Count > 0
                && found.All(violation => (violation.Rule, violation.Subject) == (rule, Fill(subject)));
        }).ContinueWith(done => done.IsFaulted
            ? throw new Xunit.Sdk.XunitException($"{done.Exception.InnerException!.Message} {string.Join("; ", found)}")
            : done, TaskScheduler.Default).Unwrap();
    }

    Task<CheckResult> Check(TimeSpan patience) => new Check(system.Stores).Run(patience, CancellationToken.None);

    async Task Change(string store, string plant, string instead)
    {
        if (!store.Contains(':'))
        {
            await Sql(store, plant);
            return;
        }

        // a page, or the stock of a product: the first text gives way to the other
        var parts = store.Split(':');
        var key = parts[0] == "page"
            ? $"page:{{{parts[1].Trim('{', '}')}}}:{Fill(parts[1])}"
            : $"product:{Fill(parts[1])}";
        var now = (await system.Stores.Redis.HashGetAsync(key, parts[2])).ToString();
        await system.Stores.Redis.HashSetAsync(
            key, parts[2], parts[0] == "page" ? now.Replace(plant, instead) : now.Length > 1 ? now[..^1] : now + "9");
    }

    async Task Sql(string service, string sql)
    {
        await using var command = system.Stores.OfServices[service].CreateCommand(Fill(sql));
        Assert.NotEqual(0, await command.ExecuteNonQueryAsync());
    }

    string Fill(string text) => system.Names.Aggregate(text, (filled, name) => filled.Replace(name.Key, name.Value));
}
