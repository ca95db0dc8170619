using System.Net.Http.Json;
using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Tests;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CarShare.ServiceTests.Kernel;

public sealed class ConsumerTests(Servers servers, IdentityServer identity) : KernelFixture(servers, identity)
{
    // C17
    [Fact]
    public async Task An_event_delivered_twice_takes_effect_once()
    {
        var service = await Replica();
        var order = Guid.NewGuid();
        var id = await Broker.Publish(Cancelled(order));
        await Broker.Publish(Cancelled(order), id);
        var marker = Guid.NewGuid();
        await Broker.Publish(Cancelled(marker));

        await Eventually.Holds("both orders counted", async () =>
            await Effects(service, order) == 1 && await Effects(service, marker) == 1);
        await Broker.Sees<PaymentRefunded>(e => e.OrderId == order);
        await Eventually.StaysTrue(
            "one effect", async () => await Effects(service, order) == 1, TimeSpan.FromSeconds(1));
        Assert.Single(Broker.Published<PaymentRefunded>(), e => e.OrderId == order);
    }

    // C32
    [Fact]
    public async Task Events_of_one_key_are_handled_in_order()
    {
        var service = await Replica();
        var order = Guid.NewGuid();
        for (var number = 1; number <= 250; number++) await Broker.Publish(Cancelled(order, number));

        await Eventually.Holds("250 effects", async () => await Effects(service, order) == 250);
        Assert.Equal(250, await service.Query(
            db => db.Entries.Where(e => e.OrderId == order).Select(e => e.LastNumber).SingleAsync()));
        await Eventually.Holds("250 refunds on the topic", () =>
            Task.FromResult(Broker.Published<PaymentRefunded>().Count(e => e.OrderId == order) == 250));
        Assert.Equal(Enumerable.Range(1, 250).Select(n => (decimal)n), Broker.Published<PaymentRefunded>()
            .Where(e => e.OrderId == order).Select(e => e.Amount));
    }

    // C5 C34
    [Fact]
    public async Task A_poison_message_is_parked_those_behind_it_are_handled_and_redrive_completes_it()
    {
        LedgerService.Cured = false;
        var service = await Replica(options => options.MaxTries = 3);
        var poisoned = Guid.NewGuid();
        await Broker.Publish(Cancelled(poisoned, product: LedgerService.Poison));
        var behind = Enumerable.Range(0, 30).Select(_ => Guid.NewGuid()).ToList();
        foreach (var order in behind) await Broker.Publish(Cancelled(order));
        await Eventually.Holds("one letter parked, the rest handled", async () =>
            await Parked(service) == 1 && await Effects(service) == behind.Count);
        await Broker.PublishRaw(Topics.Orders, $"{Guid.NewGuid()}", "{not json", ("ce_type", OrderCancelled.Type), (
            "ce_id", $"{Guid.NewGuid()}"));
        await Eventually.Holds("the unreadable one is parked", async () => await Parked(service) == 2);
        using var http = As("orders", service);
        Assert.Equal(new(0, 2), await Redrive(http));

        LedgerService.Cured = true;
        Assert.Equal(new(1, 1), await Redrive(http));
        Assert.Equal(1, await Effects(service, poisoned));
        Assert.Equal(new(0, 1), await Redrive(http));
        Assert.Equal(1, await Effects(service, poisoned));
    }

    [Fact]
    public async Task An_unknown_event_type_is_skipped()
    {
        var service = await Replica();
        var first = Guid.NewGuid();
        await Broker.Publish(Cancelled(first));
        await Eventually.Holds("the log is joined", async () => await Effects(service, first) == 1);
        await Broker.PublishRaw(
            Topics.Orders, "someone", "{}", ("ce_type", "carshare.order.painted.v1"), ("ce_id", $"{Guid.NewGuid()}"));
        await Broker.PublishRaw(Topics.Orders, "someone", "no headers at all");
        var order = Guid.NewGuid();
        await Broker.Publish(Cancelled(order));

        await Eventually.Holds("the event behind is handled", async () => await Effects(service, order) == 1);
        Assert.Equal(0, await service.Query(db => db.Set<DeadLetter>().CountAsync()));
    }

    // N6
    [Fact]
    public async Task Three_replicas_share_the_work_and_handle_nothing_twice_while_one_comes_and_one_goes()
    {
        var first = await Replica();
        var second = await Replica();
        var orders = Enumerable.Range(0, 600).Select(_ => Guid.NewGuid()).ToList();
        foreach (var order in orders[..200]) await Broker.Publish(Cancelled(order));
        await Replica();
        foreach (var order in orders[200..400]) await Broker.Publish(Cancelled(order));
        await Stop(second);
        foreach (var order in orders[400..]) await Broker.Publish(Cancelled(order));

        await Eventually.Holds("600 orders counted", async () =>
            await first.Query(db => db.Entries.CountAsync()) == 600, TimeSpan.FromSeconds(60));
        Assert.Equal(600, await Effects(first));
        await Eventually.Holds("600 refunds", () => Task.FromResult(Broker.Published<PaymentRefunded>().Count == 600));
    }

    // N6 N12
    [Fact]
    public async Task What_came_while_the_service_was_down_is_handled_after_the_restart()
    {
        var service = await Replica();
        var before = Guid.NewGuid();
        await Broker.Publish(Cancelled(before));
        await Eventually.Holds("handled", async () => await Effects(service, before) == 1);
        await Stop(service);

        var missed = Enumerable.Range(0, 50).Select(_ => Guid.NewGuid()).ToList();
        foreach (var order in missed) await Broker.Publish(Cancelled(order));
        var again = await Replica();

        await Eventually.Holds("all handled once", async () => await Effects(again) == 51);
    }

    [Fact]
    public async Task A_partition_that_rested_while_the_share_changed_is_read_on()
    {
        LedgerService.Cured = false;
        var first = await Replica(options => options.MaxTries = 1_000);
        await Eventually.Holds("every partition has proved its place", async () =>
        {
            await Broker.Publish(Cancelled(Guid.NewGuid()));
            return await first.Query(db => db.Set<ConsumerPosition>().CountAsync(p => p.LastId != null))
                == Topics.Partitions;
        });
        // Tried again and again, with longer rests each time.
        var poisoned = Guid.NewGuid();
        await Broker.Publish(Cancelled(poisoned, product: LedgerService.Poison));
        var second = await Replica(options => options.MaxTries = 1_000);
        await Eventually.Holds("both have a share", () => Task.FromResult(
            second.Service<MessagingMetrics>().Partitions is > 0 and < Topics.Partitions), TimeSpan.FromSeconds(60));
        await Stop(second);
        LedgerService.Cured = true;

        await Eventually.Holds("the first reads all again and never stands", async () =>
        {
            var health = await first.Service<ConsumerWatch>().CheckHealthAsync(new());
            Assert.DoesNotContain("stands", health.Description ?? "", StringComparison.Ordinal);
            return await Effects(first, poisoned) == 1;
        }, TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task A_row_that_somebody_has_locked_holds_up_its_own_partition_only_and_parks_nothing()
    {
        var service = await Replica();
        var locked = Guid.NewGuid();
        await Broker.Publish(Cancelled(locked));
        await Eventually.Holds("counted", async () => await Effects(service, locked) == 1);
        await using var connection = new NpgsqlConnection(Database);
        await connection.OpenAsync();
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await using var command = new NpgsqlCommand(
                $"SELECT 1 FROM entries WHERE order_id = '{locked}' FOR UPDATE", connection, transaction);
            await command.ExecuteScalarAsync();
            await Broker.Publish(Cancelled(locked));
            var others = Enumerable.Range(0, 30).Select(_ => Guid.NewGuid())
                .Where(order => Partitioning.Of($"{order}") != Partitioning.Of($"{locked}")).ToList();
            foreach (var order in others) await Broker.Publish(Cancelled(order));

            await Eventually.Holds("all others are counted", async () =>
                await Effects(service) == 1 + others.Count, TimeSpan.FromMinutes(2));
        }

        await Eventually.Holds(
            "the locked one too", async () => await Effects(service, locked) == 2, TimeSpan.FromMinutes(1));
        Assert.Equal(0, await Parked(service));
    }

    static Task<int> Parked(LedgerService service) => service.Query(db => db.Set<DeadLetter>().CountAsync());

    static async Task<Outcome?> Redrive(HttpClient http)
    {
        using var answer = await http.PostAsync("/internal/events/redrive", null);
        return await answer.Content.ReadFromJsonAsync<Outcome>();
    }

    sealed record Outcome(int Redriven, int Failed);
}
