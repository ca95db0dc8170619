using System.Net;
using System.Net.Http.Json;
using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Orders.Data;
using CarShare.Orders.Domain;
using CarShare.Tests;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CarShare.ServiceTests.Orders;

/// <summary>Where an order stands when its process is killed.</summary>
public enum Step
{
    ReservationAsked,
    PaymentAsked,
    PaymentApproved,
    CommitSent,
}

/// <summary>Orders as a process that can be killed, between scripted neighbours. No replica runs beside it.</summary>
public sealed class KilledOrdersFixture(Servers servers, IdentityServer identity)
    : ServiceFixture<OrdersDb>(servers, identity, "ordersdb")
{
    public static readonly TimeSpan Short = TimeSpan.FromSeconds(2), Long = TimeSpan.FromMinutes(1);

    public NeighbourStub Neighbours { get; } = new();

    public override async ValueTask InitializeAsync()
    {
        await Neighbours.Start();
        await base.InitializeAsync();
        await StopReplicas();
        // Runs inside the COMMIT: whoever holds the customer's lock decides when the commit takes place.
        await using var store = await Connect();
        await using var command = new NpgsqlCommand(
            """
            CREATE FUNCTION hold_commit() RETURNS trigger LANGUAGE plpgsql
                AS $$ BEGIN PERFORM pg_advisory_xact_lock(hashtext(NEW.customer_id)); RETURN NULL; END $$;
            CREATE CONSTRAINT TRIGGER hold_commit AFTER UPDATE ON orders DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
                WHEN (NEW.status = 'Placed') EXECUTE FUNCTION hold_commit();
            """, store);
        await command.ExecuteNonQueryAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Neighbours.DisposeAsync();
    }

    /// <summary>Starts a process whose database sessions carry the name given.</summary>
    public async Task<(ChildProcess Process, HttpClient Http)> Start(string name, TimeSpan pendingTimeout)
    {
        await using var store = await Connect();
        var port = ChildProcess.FreePort();
        var environment = Topics.All.ToDictionary(
            topic => $"services__{Topics.SourceOf(topic)}__http__0", _ => Neighbours.Address);
        environment["ConnectionStrings__ordersdb"] = $"{store.ConnectionString};Application Name={name}";
        foreach (var (setting, value) in Identity.Settings(Name))
            environment[setting.Replace(":", "__", StringComparison.Ordinal)] = value!;
        environment["ConnectionStrings__kafka"] = Broker.Address;
        environment["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}";
        environment["Orders__PendingTimeout"] = $"{pendingTimeout:c}";
        environment["Orders__SweepInterval"] = "00:00:00.1";
        environment["Orders__RepeatWait"] = "00:00:00.2";
        // A cold process on a busy machine is slow; only the kill may end an attempt.
        environment["Orders__RequestDeadline"] = "00:00:40";
        foreach (var (client, option) in from client in new[] { "stocks", "payments" }
                                         from option in new[] { "TotalTimeout", "AttemptTimeout", "ConnectTimeout" }
                                         select (client, option))
            environment[$"Clients__{client}__{option}"] = "00:00:30";
        var process = ChildProcess.Start(
            "dotnet", [Path.Combine(ChildProcess.RepositoryRoot, "services/CarShare.Orders/bin",
                ChildProcess.Configuration, "net10.0/CarShare.Orders.dll")], environment);
        await process.Listens(port, TimeSpan.FromMinutes(1));
        // Orders are taken from here on, whatever else the service still waits for.
        return (process, new() { BaseAddress = new($"http://127.0.0.1:{port}") });
    }
}

/// <summary>The process of an order is killed at each of its steps.</summary>
public sealed class KilledOrdersTests(KilledOrdersFixture orders) : IClassFixture<KilledOrdersFixture>
{
    readonly string _customer = OrdersFixture.Customer(), _key = Guid.NewGuid().ToString();
    readonly Guid _product = Guid.CreateVersion7();

    // N1 N12 C29
    [Theory]
    [InlineData(Step.ReservationAsked)]
    [InlineData(Step.PaymentAsked)]
    [InlineData(Step.PaymentApproved)]
    public async Task An_order_killed_before_its_commit_that_nobody_repeats_is_cancelled_once(Step step)
    {
        var id = await KilledAt(step);
        var (process, http) = await orders.Start($"again-{_key}", KilledOrdersFixture.Short);
        await using var _ = process;
        using var client = http;

        await orders.Broker.Sees<OrderCancelled>(e => e.OrderId == id);
        await OnlyAnnounced(id, "cancelled");
        var order = await TheOrder();
        Assert.Equal((OrderStatus.Cancelled, "Abandoned"), (order.Status, order.Reason));

        var late = await Place(http);
        Assert.Equal((HttpStatusCode.Conflict, "order-closed"), (late.Status, late.Code));
        Assert.Equal("order-closed", (await Place(http)).Code);
        await OnlyAnnounced(id, "cancelled");
        Assert.Equal(id, (await TheOrder()).OrderId);
        process.Kill();
    }

    // N1 N12 C29
    [Fact]
    public async Task An_order_killed_behind_its_commit_that_nobody_repeats_stays_placed_and_is_announced_once()
    {
        var id = await KilledAt(Step.CommitSent);
        var (process, http) = await orders.Start($"again-{_key}", KilledOrdersFixture.Short);
        await using var _ = process;
        using var client = http;

        await orders.Broker.Sees<OrderPlaced>(e => e.OrderId == id);
        await Eventually.StaysTrue("no sweep touches it", async () =>
            (await TheOrder()).Status == OrderStatus.Placed, KilledOrdersFixture.Short);
        await OnlyAnnounced(id, "placed");
        process.Kill();
    }

    // N1 N12 C29
    [Theory]
    [InlineData(Step.ReservationAsked)]
    [InlineData(Step.PaymentAsked)]
    [InlineData(Step.PaymentApproved)]
    [InlineData(Step.CommitSent)]
    public async Task A_repeat_after_the_kill_completes_the_one_order_of_the_key(Step step)
    {
        var id = await KilledAt(step);
        var (process, http) = await orders.Start($"again-{_key}", KilledOrdersFixture.Long);
        await using var _ = process;
        using var client = http;

        var repeat = await Place(http);
        Assert.Equal((HttpStatusCode.Created, id), (repeat.Status, repeat.Order.OrderId));
        Assert.Equal(repeat, await Place(http));
        await orders.Broker.Sees<OrderPlaced>(e => e.OrderId == id);
        await OnlyAnnounced(id, "placed");
        var order = await TheOrder();
        Assert.Equal((id, OrderStatus.Placed), (order.OrderId, order.Status));
        Assert.All(orders.Neighbours.Payments.Where(p => p.Request.CustomerId == _customer), payment =>
            Assert.Equal(id, payment.OrderId));
        Assert.All(orders.Neighbours.Reservations.Where(r => r.ProductId == _product), reservation =>
            Assert.Equal(id, reservation.OrderId));
        process.Kill();
    }

    /// <summary>
    /// Kills the process of a new order at the step; afterwards nothing of it is left but what it committed.
    /// </summary>
    async Task<Guid> KilledAt(Step step)
    {
        var name = $"killed-{_key}";
        var (process, http) = await orders.Start(name, KilledOrdersFixture.Long);
        await using var _ = process;
        using var client = http;
        await using var holder = await orders.Connect();
        await using var hold = await holder.BeginTransactionAsync();
        var reached = new TaskCompletionSource();
        // Only the first call meets the trap; those of a repeat are answered.
        async Task<IResult> Keep(HttpContext call, Func<IResult> answer) =>
            reached.TrySetResult() ? await NeighbourStub.Silence(call) : answer();
        if (step == Step.ReservationAsked)
            orders.Neighbours.Stocks(_product, (call, _, request) => Keep(call, () => NeighbourStub.Cars(request)));
        if (step == Step.PaymentAsked)
            orders.Neighbours.Pay(_customer, (call, id, _) => Keep(call, () => NeighbourStub.Approved(id)));
        if (step >= Step.PaymentApproved)
        {
            orders.Neighbours.Pay(_customer, async (_, id, _) =>
            {
                if (reached.Task.IsCompleted) return NeighbourStub.Approved(id);
                await using var command = new NpgsqlCommand(
                    step == Step.PaymentApproved
                        ? $"SELECT 1 FROM orders WHERE order_id = '{id}' FOR UPDATE"
                        : $"SELECT pg_advisory_xact_lock(hashtext('{_customer}'))", holder);
                await command.ExecuteNonQueryAsync();
                reached.SetResult();
                return NeighbourStub.Approved(id);
            });
        }

        // A cold process on a busy machine may ask for a moment first.
        async Task<Reply> Retry()
        {
            while (true)
            {
                var reply = await Place(http);
                if (reply.Status != HttpStatusCode.ServiceUnavailable || reached.Task.IsCompleted) return reply;
            }
        }

        var first = Retry();
        await Eventually.Holds(
            $"the order is at {step}", () => Task.FromResult(reached.Task.IsCompleted || first.IsCompleted));
        if (!reached.Task.IsCompleted) Assert.Fail($"{step} was not reached, but answered was {await first}.");
        if (step >= Step.PaymentApproved)
        {
            var awaited =
                step == Step.PaymentApproved ? "wait_event IN ('transactionid', 'tuple')" : "wait_event = 'advisory'";
            await Eventually.Holds(
                "its commit is held", async () => await Sessions(name, $"wait_event_type = 'Lock' AND {awaited}") == 1);
        }

        process.Kill();
        // What the server has of a statement it completes, whoever asked for it; so that nothing of commit 2 came to
        // be, the server ends it, as it does when it dies along.
        if (step == Step.PaymentApproved)
            await Sessions(name, $"CASE WHEN application_name = '{name}' THEN pg_terminate_backend(pid) END");
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => first);
        await hold.RollbackAsync();
        await Eventually.Holds("its sessions are gone", async () => await Sessions(name, "true") == 0);
        var order = await TheOrder();
        Assert.Equal(step == Step.CommitSent ? OrderStatus.Placed : OrderStatus.Pending, order.Status);
        return order.OrderId;
    }

    async Task<Reply> Place(HttpClient http)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Post, "/orders")
        { Content = JsonContent.Create(OrdersFixture.Body(_product)) };
        request.Headers.Authorization = new("Bearer", await orders.Identity.Token(_customer));
        request.Headers.Add("Idempotency-Key", _key);
        using var answer = await http.SendAsync(request);
        return new(answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Headers.Location?.ToString(),
            answer.Headers.RetryAfter?.Delta);
    }

    async Task<long> Sessions(string name, string which)
    {
        await using var store = await orders.Connect();
        await using var command = new NpgsqlCommand(
            $"SELECT count(*) FROM pg_stat_activity WHERE application_name = '{name}' AND {which}", store);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Whatever was tried, the customer has one order.</summary>
    Task<Order> TheOrder() => Read(
        async db => Assert.Single(await db.Orders.AsNoTracking().Where(o => o.CustomerId == _customer).ToListAsync()));

    /// <summary>All that was ever written about the order is this one event, and all of it is on the broker.</summary>
    async Task OnlyAnnounced(Guid id, string what)
    {
        var message = Assert.Single(
            await Read(db => db.Set<OutboxMessage>().AsNoTracking().Where(m => m.Key == id.ToString()).ToListAsync()));
        Assert.Equal(what, message.Type.Split('.')[2]);
        var published = orders.Broker.Seen.Where(e => e.Key == id.ToString()).DistinctBy(e => e.Id);
        Assert.Equal(message.Id, Assert.Single(published).Id);
    }

    async Task<T> Read<T>(Func<OrdersDb, Task<T>> query)
    {
        await using var store = await orders.Connect();
        await using var db = new OrdersDb(new DbContextOptionsBuilder<OrdersDb>().UseNpgsql(store).Options);
        return await query(db);
    }
}
