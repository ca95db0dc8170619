using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Migrations;
using CarShare.Tests;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace CarShare.ServiceTests.Kernel.RealBroker;

[CollectionDefinition(Name)]
public sealed class RealBrokerCollection : ICollectionFixture<RealKafka>
{
    public const string Name = "a real Kafka";
}

/// <summary>
/// One Apache Kafka for all tests that only a real broker can pass: the one <c>CARSHARE_KAFKA_HOME</c> names, or the
/// one beside the checkout. Where there is none, they are skipped.
/// </summary>
public class RealKafka : IAsyncLifetime
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20), StartPatience = TimeSpan.FromMinutes(2);

    readonly int _brokers;
    readonly int _port = ChildProcess.FreePort();
    ChildProcess? _process;

    public RealKafka()
        : this(1)
    {
    }

    protected RealKafka(int brokers) => _brokers = brokers;

    /// <summary>The script beside the checkout that starts clusters and brokers that ask for passwords.</summary>
    public static string Script => Path.Combine(ChildProcess.RepositoryRoot, "../shared/tools/kafka.sh");

    public string Address => string.Join(',', Enumerable.Range(1, _brokers).Select(
        i => $"127.0.0.{i}:{_port}"));

    /// <summary>Where they keep their records, and where their process ids stand.</summary>
    protected string Folder { get; } = Directory.CreateTempSubdirectory("carshare-kafka-").FullName;

    public IAdminClient Admin { get; private set; } = null!;

    IConfiguration Configuration =>
        new ConfigurationBuilder().AddInMemoryCollection([new("ConnectionStrings:kafka", Address)]).Build();

    public async ValueTask InitializeAsync()
    {
        if (await Home() is null) return;
        await Start();
        Admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = Address })
            .SetLogHandler((_, _) => { }).Build();
        await Eventually.Holds(
            "all are there", () => Task.FromResult(Admin.GetMetadata(Patience).Brokers.Count == _brokers),
            StartPatience);
        await Provision();
    }

    /// <summary>Skips the test where there is no Kafka.</summary>
    public void Needed() => Assert.SkipWhen(_process is null, "No Kafka here: CARSHARE_KAFKA_HOME names none.");

    public async Task Start()
    {
        _process = ChildProcess.Start(
            "bash", [Path.Combine(ChildProcess.RepositoryRoot, "local/kafka.sh")], new Dictionary<string, string>
            {
                ["CARSHARE_KAFKA_HOME"] = (await Home())!,
                ["PORT"] = $"{_port}",
                ["REPLICAS"] = $"{_brokers}",
                ["DATA"] = Folder,
                ["KAFKA_SETTINGS"] = "log.retention.check.interval.ms=1000",
            });
        await _process.Listens(_port, StartPatience);
    }

    /// <summary>As a crash does it; what was acknowledged stays.</summary>
    public async Task Kill()
    {
        _process!.Kill();
        await _process.DisposeAsync();
    }

    /// <summary>As the migrations do it.</summary>
    public Task Provision() => TopicProvisioner.Provision(Configuration, NullLogger.Instance, CancellationToken.None);

    public Task Set(string topic, string name, string? value) => Admin.IncrementalAlterConfigsAsync(new()
    {
        [Resource(topic)] = [new() { Name = name, Value = value, IncrementalOperation = value is null
            ? AlterConfigOpType.Delete
            : AlterConfigOpType.Set }],
    });

    public async Task<Dictionary<string, ConfigEntryResult>> Settings(string topic) =>
        (await Admin.DescribeConfigsAsync([Resource(topic)])).Single().Entries;

    /// <summary>Everything in the topic up to now is gone, as if it had expired.</summary>
    public Task Expire(string topic) => Admin.DeleteRecordsAsync(
        Enumerable.Range(0, Topics.Partitions).Select(p => new TopicPartitionOffset(topic, p, Offset.End)));

    public int Partitions(string topic) =>
        Admin.GetMetadata(Patience).Topics.SingleOrDefault(t => t.Topic == topic)?.Partitions.Count ?? 0;

    /// <summary>Transactions of somebody else in every partition: what they leave behind is no record.</summary>
    public void Abort(string topic, int records)
    {
        using var producer = new ProducerBuilder<string, string>(
            new ProducerConfig { BootstrapServers = Address, TransactionalId = $"{Guid.NewGuid()}" }).Build();
        producer.InitTransactions(Patience);
        foreach (var commits in (bool[])[false, true])
        {
            producer.BeginTransaction();
            for (var p = 0; p < Topics.Partitions; p++)
            {
                for (var i = 0; i < (commits ? 1 : records); i++)
                    producer.Produce(new TopicPartition(topic, p), new() { Key = "somebody", Value = "{}" });
            }

            producer.Flush(Patience);
            if (commits) producer.CommitTransaction(Patience);
            else producer.AbortTransaction(Patience);
        }
    }

    /// <summary>Every record of the topic, where it stands and under which id.</summary>
    public List<ReceivedEvent> Read(string topic)
    {
        using var consumer = new ConsumerBuilder<string, byte[]>(new ConsumerConfig
        {
            BootstrapServers = Address,
            GroupId = $"{Guid.NewGuid()}",
            EnablePartitionEof = true,
        }).Build();
        consumer.Assign(
            Enumerable.Range(0, Topics.Partitions).Select(p => new TopicPartitionOffset(topic, p, Offset.Beginning)));
        var (records, ends) = (new List<ReceivedEvent>(), 0);
        while (ends < Topics.Partitions)
        {
            var record = consumer.Consume(Patience) ?? throw new TimeoutException("The broker gives nothing.");
            if (record.IsPartitionEOF) ends++;
            else records.Add(ReceivedEvent.From(record));
        }

        return records;
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        Admin?.Dispose();
        if (_process is not null)
        {
            if (_brokers == 1) _process.Kill();
            await _process.DisposeAsync();
        }

        Directory.Delete(Folder, recursive: true);
    }

    static ConfigResource Resource(string topic) => new() { Type = ResourceType.Topic, Name = topic };

    static async Task<string?> Home()
    {
        if (Environment.GetEnvironmentVariable("CARSHARE_KAFKA_HOME") is { Length: > 0 } home) return home;
        if (!File.Exists(Script)) return null;
        await using var unpack = ChildProcess.Start("bash", [Script, "topics", "--version"]);
        await unpack.Ends();
        var cache = Environment.GetEnvironmentVariable("CARSHARE_TOOLS")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache/carshare-tools");
        return Directory.GetDirectories(cache, "kafka-*").Max();
    }
}
