using System.Diagnostics;
using System.Net;
using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Tests;
using Confluent.Kafka;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CarShare.ServiceTests.Kernel.RealBroker;

/// <summary>
/// What the emulated broker cannot do, and what it forgives.
/// </summary>
[Collection(RealBrokerCollection.Name)]
public sealed class RealBrokerTests(
    Servers servers, IdentityServer identity, RealKafka kafka, ITestOutputHelper output)
    : RealBrokerFixture(servers, identity, kafka)
{
    // A partition asks once, once more for the first record of a producer, and once for each broken connection.
    const int Most = 4 * Topics.Partitions;

    [Fact]
    public async Task Holes_that_transactions_leave_in_a_log_are_no_reason_to_ask_or_to_start_over()
    {
        await Publish(30);
        await Counted(30);
        var asked = Feed.Asked.Count;
        Kafka.Abort(Topics.Orders, 3);
        await Publish(30);
        await Counted(60);
        Kafka.Abort(Topics.Orders, 2);

        await StartConsumer();
        await Publish(30);
        await Counted(90);

        // A partition that had a record since it was joined proves its place; only one that had none asks again.
        var proved = await Query(db => db.Set<ConsumerPosition>().CountAsync(p => p.LastId != null));
        Assert.Equal(Topics.Partitions, proved);
        Assert.InRange(Feed.Asked.Count - asked, 0, Most);
        Assert.Equal(0, await Query(db => db.Set<DeadLetter>().CountAsync()));
    }

    [Fact]
    public async Task Records_that_expired_after_they_were_handled_are_not_missing()
    {
        await Publish(40);
        await Counted(40);
        await AllSent();
        await Kafka.Expire(Topics.Orders);
        var sent = await Sent();
        Feed.Asked.Clear();

        await StartConsumer();
        await Publish(10);

        await Counted(50);
        // It asks, but the answer is next to nothing; and no row of the outbox is written for anybody who asks.
        Assert.InRange(Feed.Asked.Count, 1, Most);
        Assert.Equal(sent, (await Sent()).Take(sent.Count));
    }

    [Fact]
    public async Task Records_that_expired_unread_come_from_the_outbox()
    {
        await Publish(20);
        await Counted(20);
        await StopConsumer();
        await Publish(40);
        await AllSent();
        await Kafka.Expire(Topics.Orders);

        await StartConsumer();

        await Counted(60);
    }

    // and the broker's own reason is in the log
    [Fact]
    public async Task An_event_larger_than_the_broker_takes_holds_up_nothing_else()
    {
        await Kafka.Set(Topics.Orders, "max.message.bytes", "20000");
        try
        {
            await Publish(5);
            await Counted(5);
            await OnPublisher(db =>
            {
                db.Add(new OutboxMessage
                {
                    Id = Guid.CreateVersion7(),
                    Type = "carshare.order.painted.v1",
                    Topic = Topics.Orders,
                    Key = $"{Guid.NewGuid()}",
                    Payload = $"\"{new string('x', 100_000)}\"",
                    OccurredAt = DateTimeOffset.UtcNow,
                });
                return db.SaveChangesAsync();
            });
            await Publish(100);
            await Counted(105);
            await Eventually.Holds("one is refused", () =>
                Task.FromResult(Publisher!.Service<MessagingMetrics>().OutboxRefused == 1), Long);
            await Eventually.Holds("only this one is unsent", async () =>
                await OnPublisher(db => db.Set<OutboxMessage>().CountAsync(m => m.SentAt == null)) == 1);
        }
        finally
        {
            await Kafka.Set(Topics.Orders, "max.message.bytes", "1048588");
        }
    }

    [Fact]
    public async Task Thousands_of_events_the_broker_will_not_take_hold_up_none_behind_them()
    {
        await Kafka.Set(Topics.Orders, "max.message.bytes", "2000");
        try
        {
            await Publish(5);
            await Counted(5);
            await OnPublisher(db =>
            {
                for (var i = 0; i < 3_000; i++)
                {
                    db.Add(new OutboxMessage
                    {
                        Id = Guid.CreateVersion7(),
                        Type = "carshare.order.painted.v1",
                        Topic = Topics.Orders,
                        Key = $"{Guid.NewGuid()}",
                        Payload = $"\"{new string('x', 3_000)}\"",
                        OccurredAt = DateTimeOffset.UtcNow,
                    });
                }

                return db.SaveChangesAsync();
            });
            await Publish(60);
            await Counted(65);
            await Eventually.Holds("only those are unsent", async () =>
                await OnPublisher(db => db.Set<OutboxMessage>().CountAsync(m => m.SentAt == null)) == 3_000, Long);
        }
        finally
        {
            await Kafka.Set(Topics.Orders, "max.message.bytes", "1048588");
            await OnPublisher(db => db.Set<OutboxMessage>().Where(m => m.SentAt == null).ExecuteDeleteAsync());
        }
    }

    [Theory] // the new log grows past the old place, and ends before it
    [InlineData(20)]
    [InlineData(300)]
    public async Task A_topic_deleted_and_made_again_goes_on_in_its_six_partitions_and_loses_nothing(int before)
    {
        await Publish(before);
        await Counted(before);
        await Kafka.Admin.DeleteTopicsAsync([Topics.Orders]);
        await Publish(30);
        await Eventually.Holds("somebody says so", () => Task.FromResult(
            Publisher!.Service<TopicCheck>().Sentence?.Contains("is gone", StringComparison.Ordinal) == true
            || Consumer!.Service<TopicCheck>().Sentence?.Contains("is gone", StringComparison.Ordinal) == true), Long);
        Assert.Equal(0, Kafka.Partitions(Topics.Orders));

        await Kafka.Provision();
        await Publish(30);

        await Counted(before + 60);
        Assert.Equal(Topics.Partitions, Kafka.Partitions(Topics.Orders));
        Assert.All(Kafka.Read(Topics.Orders), e => Assert.Equal(Partitioning.Of(e.Key), e.Partition));
        await Eventually.Holds("nobody complains any more", () => Task.FromResult(
            Publisher!.Service<TopicCheck>().Sentence is null
                && Consumer!.Service<TopicCheck>().Sentence is null), Long);
    }

    [Fact]
    public async Task A_broker_killed_and_started_again_gets_every_event_once()
    {
        await Publish(50);
        await Counted(50);
        await Kafka.Kill();
        for (var i = 0; i < 5; i++) await Publish(20);
        await Eventually.Holds(
            "the relay waits", () => Task.FromResult(Publisher!.Service<MessagingMetrics>().RelayWaits), Long);
        await Kafka.Start();
        var since = Stopwatch.GetTimestamp();

        await Counted(150);
        output.WriteLine($"all handled {Stopwatch.GetElapsedTime(since).TotalMilliseconds:0} ms after it was back");
        var mine = (await OnPublisher(db => db.Set<OutboxMessage>().Select(m => m.Id).ToListAsync())).ToHashSet();
        var records = Kafka.Read(Topics.Orders).Where(e => mine.Contains(e.Id)).ToList();
        Assert.Equal((150, 150), (records.Count, records.DistinctBy(e => e.Id).Count()));
    }

    [Fact]
    public async Task Topics_have_settings_of_their_own_which_the_migrations_put_right_again()
    {
        var settings = await Kafka.Settings(Topics.Payments);
        Assert.Equal(("7776000000", "delete", "1", "1048588"), (
            settings["retention.ms"].Value, settings["cleanup.policy"].Value, settings["min.insync.replicas"].Value,
            settings["max.message.bytes"].Value));
        await Kafka.Set(Topics.Payments, "retention.ms", "60000");
        await Kafka.Set(Topics.Payments, "max.message.bytes", null);

        await Kafka.Provision();

        await Eventually.Holds(
            "put right", async () => (await Kafka.Settings(Topics.Payments))["retention.ms"].Value == "7776000000");
    }

    [Fact]
    public async Task A_topic_of_another_size_is_refused_in_one_sentence()
    {
        await Kafka.Admin.DeleteTopicsAsync([Topics.Stocks]);
        await Eventually.Holds("gone", () => Task.FromResult(Kafka.Partitions(Topics.Stocks) == 0));
        await Kafka.Admin.CreateTopicsAsync([new() { Name = Topics.Stocks, NumPartitions = 1, ReplicationFactor = 1 }]);

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(Kafka.Provision);

        Assert.StartsWith(
            "Topic carshare.stocks has 1 partitions instead of 6", refused.Message, StringComparison.Ordinal);
        await Kafka.Admin.DeleteTopicsAsync([Topics.Stocks]);
        await Kafka.Provision();
        Assert.Equal(Topics.Partitions, Kafka.Partitions(Topics.Stocks));
    }

    [Fact]
    public async Task A_consumer_without_a_share_though_the_broker_answers_says_so_and_fails_liveness_never_readiness()
    {
        await StopConsumer();
        var group = $"ledger-{Guid.NewGuid()}";
        // A member that knows another way of sharing only: nobody else can join it.
        using var stranger = new ConsumerBuilder<string, byte[]>(new ConsumerConfig
        {
            BootstrapServers = Kafka.Address,
            GroupId = group,
            EnableAutoCommit = false,
            PartitionAssignmentStrategy = PartitionAssignmentStrategy.RoundRobin,
        }).Build();
        stranger.Subscribe(Topics.Orders);
        await Eventually.Holds("the stranger has all", () =>
        {
            stranger.Consume(TimeSpan.Zero);
            return Task.FromResult(stranger.Assignment.Count == Topics.Partitions);
        }, Long);

        await StartConsumer(group, new FastClock(3));

        using var http = new HttpClient { BaseAddress = Consumer!.Address };
        await Eventually.Holds(
            "the metric says so", () => Task.FromResult(Consumer.Service<MessagingMetrics>().Stuck), Long);
        await Eventually.Holds("liveness fails", async () =>
            await Answers("/alive") == HttpStatusCode.ServiceUnavailable, Long);
        var report = await Consumer.Service<HealthCheckService>().CheckHealthAsync(c => c.Name == "consumer");
        Assert.Contains(
            "has no assignment", report.Entries["consumer"].Description, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await Answers("/health"));

        stranger.Close();
        await Publish(10);
        await Counted(10);
        await Eventually.Holds("it is alive again", async () => await Answers("/alive") == HttpStatusCode.OK, Long);

        async Task<HttpStatusCode> Answers(string path)
        {
            using var answer = await http.GetAsync(path);
            return answer.StatusCode;
        }
    }
}
