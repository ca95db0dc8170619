using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Tests;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CarShare.ServiceTests.Kernel;

/// <summary>Events and stores that are at fault, each in its own way.</summary>
public sealed class FaultTests(Servers servers, IdentityServer identity) : KernelFixture(servers, identity)
{
    static readonly byte[] Nul = "a\0b"u8.ToArray();

    [Fact]
    public async Task Whatever_bytes_an_event_at_fault_holds_it_is_parked_at_once_and_those_behind_it_go_on()
    {
        var service = await Joined();
        (string, byte[]) type = ("ce_type", Encoding.UTF8.GetBytes(OrderCancelled.Type));
        await Broker.PublishBytes(Topics.Orders, Nul, "{"u8.ToArray(), type, Id());
        await Broker.PublishBytes(Topics.Orders, "key"u8.ToArray(), [.. "{ \"a"u8, 0, .. "\""u8], type, Id());
        await Broker.PublishBytes(
            Topics.Orders, "key"u8.ToArray(), "{"u8.ToArray(), type, Id(), ("traceparent", Nul), ("ce_sequence", Nul),
            ("ce_time", Nul));
        await Broker.PublishBytes(Topics.Orders, [0xff, 0xfe, 0xc0], [0xff, 0x00, 0xc1], type, Id());
        var behind = Enumerable.Range(0, 30).Select(_ => Guid.NewGuid()).ToList();
        foreach (var order in behind) await Broker.Publish(Cancelled(order));

        await Eventually.Holds("those behind are handled", async () =>
            await service.Query(db => db.Entries.CountAsync(e => behind.Contains(e.OrderId))) == behind.Count);
        await Eventually.Holds(
            "all four are parked", () => service.Query(async db => await db.Set<DeadLetter>().CountAsync() == 4));
        var letters = await service.Query(db => db.Set<DeadLetter>().ToListAsync());
        Assert.Contains(letters, l => l.Payload.SequenceEqual(new byte[] { 0xff, 0x00, 0xc1 }));
        Assert.Contains(letters, l => l.Key == "a\uFFFDb");
    }

    [Fact]
    public async Task An_event_that_keeps_failing_holds_up_its_own_partition_only_and_is_parked_in_the_end()
    {
        LedgerService.Cured = false;
        var service = await Joined(options => options.MaxTries = 8);
        var poisoned = Guid.NewGuid();
        await Broker.Publish(Cancelled(poisoned, product: LedgerService.Poison));
        var elsewhere = Enumerable.Range(0, 100).Select(_ => Guid.NewGuid())
            .Where(o => Partitioning.Of($"{o}") != Partitioning.Of($"{poisoned}")).Take(20).ToList();
        foreach (var order in elsewhere) await Broker.Publish(Cancelled(order));

        await Eventually.Holds("the others go on", async () =>
            await service.Query(db => db.Entries.CountAsync(e => elsewhere.Contains(e.OrderId))) == elsewhere.Count);
        await Eventually.Holds(
            "it is parked", () => service.Query(async db => await db.Set<DeadLetter>().CountAsync() == 1));
        LedgerService.Cured = true;
    }

    [Fact]
    public async Task A_reason_that_a_newer_publisher_gives_is_handled_as_any_other()
    {
        var service = await Joined();
        var order = Guid.NewGuid();
        var fact = JsonSerializer.SerializeToNode(Cancelled(order), EventJson.Options)!.AsObject();
        fact["reason"] = "Weather";
        fact["note"] = "a member of tomorrow";
        await Broker.PublishRaw(Topics.Orders, $"{order}", fact.ToJsonString(), ("ce_type", OrderCancelled.Type), (
            "ce_id", $"{Guid.NewGuid()}"));

        await Eventually.Holds("it takes effect", async () => await Effects(service, order) == 1);
        Assert.Equal(0, await service.Query(db => db.Set<DeadLetter>().CountAsync()));
    }

    [Fact]
    public async Task A_table_that_stays_locked_stops_neither_the_host_nor_what_comes_afterwards()
    {
        var service = await Joined();
        await using (var connection = new NpgsqlConnection(Database))
        {
            await connection.OpenAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            await using var locking = new NpgsqlCommand(
                "LOCK TABLE consumer_positions, outbox, inbox, dead_letters IN ACCESS EXCLUSIVE MODE", connection,
                transaction);
            await locking.ExecuteNonQueryAsync();
            await Broker.Publish(Cancelled(Guid.NewGuid()));
            using var http = As("payments", service);
            using var feed = await http.GetAsync($"/internal/events?topic={Topics.Payments}&partition=0&after=0");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, feed.StatusCode);
            Assert.NotNull(feed.Headers.RetryAfter);
            using var staff = As("orders", service);
            using var letters = await staff.GetAsync("/internal/dead-letters");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, letters.StatusCode);
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/alive")).StatusCode);
        }

        await Eventually.Holds("it goes on", async () => await Effects(service) == 2);
    }

    [Fact]
    public async Task Dead_letters_are_listed_newest_first_and_handled_again_one_by_one()
    {
        LedgerService.Cured = false;
        var service = await Joined(options => options.MaxTries = 1);
        var orders = Enumerable.Range(0, 5).Select(_ => Guid.NewGuid()).ToList();
        foreach (var order in orders) await Broker.Publish(Cancelled(order, product: LedgerService.Poison));
        using var staff = As("orders", service);
        await Eventually.Holds("five are parked", async () => (await List(staff, 100, null)).Items.Count == 5);

        var (seen, after) = (new List<ParkedLetter>(), (Guid?)null);
        do
        {
            var page = await List(staff, 2, after);
            seen.AddRange(page.Items);
            after = page.Next;
        }
        while (after is not null);
        Assert.Equal(5, seen.DistinctBy(l => l.Id).Count());
        Assert.Equal(seen.OrderByDescending(l => l.ParkedAt).Select(l => l.Id), seen.Select(l => l.Id));
        Assert.All(seen, l => Assert.Contains("can't be digested", l.Error, StringComparison.Ordinal));

        LedgerService.Cured = true;
        using (var one = await staff.PostAsync($"/internal/dead-letters/{seen[2].Id}/redrive", null))
            Assert.Equal(HttpStatusCode.OK, one.StatusCode);
        using (var again = await staff.PostAsync($"/internal/dead-letters/{seen[2].Id}/redrive", null))
            Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        using (var never = await staff.PostAsync($"/internal/dead-letters/{Guid.NewGuid()}/redrive", null))
            Assert.Equal(HttpStatusCode.NotFound, never.StatusCode);
        Assert.Equal(4, (await List(staff, 100, null)).Items.Count);
        Assert.Equal(1, await Effects(service, Guid.Parse(seen[2].Key)));
        LedgerService.Cured = false;
    }

    async Task<LedgerService> Joined(Action<ConsumerOptions>? options = null)
    {
        var service = await Replica(options);
        await Eventually.Holds("every log is joined", () =>
            service.Query(async db => await db.Set<ConsumerPosition>().CountAsync() == Topics.Partitions));
        await Broker.Publish(Cancelled(Guid.NewGuid()));
        await Eventually.Holds("the first is handled", async () => await Effects(service) == 1);
        return service;
    }

    static async Task<ParkedLetterPage> List(HttpClient http, int limit, Guid? after) =>
        (await http.GetFromJsonAsync<ParkedLetterPage>(
            $"/internal/dead-letters?limit={limit}{(after is { } id ? $"&after={id}" : "")}"))!;

    static (string, byte[]) Id() => ("ce_id", Encoding.UTF8.GetBytes($"{Guid.NewGuid()}"));
}
