using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Tests;
using Confluent.Kafka;

namespace CarShare.ServiceTests;

/// <summary>
/// A Kafka broker of one test class, with a producer to feed a service and a watcher that sees everything published.
/// </summary>
public sealed class Broker : IAsyncDisposable
{
    readonly ConcurrentQueue<ReceivedEvent> _seen = new();
    readonly ConcurrentQueue<OutboxMessage> _outbox = new();
    readonly CancellationTokenSource _stop = new();
    ChildProcess? _process;
    IProducer<string, string>? _producer;
    Task? _watcher;
    long _sequence;
    int _starts;

    public int Port { get; } = ChildProcess.FreePort();

    public string Address => $"127.0.0.1:{Port}";

    /// <summary>What the publishers of these events would remember, whatever became of the broker.</summary>
    public IEnumerable<OutboxMessage> Outbox => _outbox.DistinctBy(m => m.Id);

    /// <summary>Everything that reached the broker, oldest first.</summary>
    public IReadOnlyCollection<ReceivedEvent> Seen => _seen;

    public async Task Start()
    {
        _process = ChildProcess.Start(
            "dotnet", [Path.Combine(ChildProcess.RepositoryRoot, "local/CarShare.LocalKafka/bin",
                ChildProcess.Configuration, "net10.0/CarShare.LocalKafka.dll")],
            new Dictionary<string, string> { ["PORT"] = $"{Port}" });
        await _process.Listens(Port);
        Interlocked.Increment(ref _starts);
        _producer ??= new ProducerBuilder<string, string>(new ProducerConfig
        {
            BootstrapServers = Address,
            LingerMs = 0,
            // As the kernel's: what it was told while the broker was starting must not stand for five minutes.
            TopicMetadataRefreshIntervalMs = 5_000,
            Partitioner = Confluent.Kafka.Partitioner.Murmur2Random,
            ReconnectBackoffMs = 50,
            ReconnectBackoffMaxMs = 500,
        }).SetLogHandler((_, _) => { }).Build();
        _watcher ??= Task.Factory.StartNew(Watch, TaskCreationOptions.LongRunning);
    }

    /// <summary>Stops the broker as a crash does; it forgets everything.</summary>
    public async Task Kill()
    {
        _process!.Kill();
        await _process.DisposeAsync();
    }

    /// <summary>
    /// Publishes as the named source would, answers the event's id. Give the id of an earlier one to send it twice.
    /// </summary>
    public async Task<Guid> Publish<TEvent>(TEvent fact, Guid? id = null, long? sequence = null, long? previous = null)
        where TEvent : class, IEvent
    {
        var stored = new OutboxMessage
        {
            Id = id ?? Guid.CreateVersion7(),
            Sequence = sequence ?? Interlocked.Increment(ref _sequence),
            Type = TEvent.Type,
            Topic = TEvent.Topic,
            Key = fact.Key,
            Payload = JsonSerializer.Serialize(fact, EventJson.Options),
            OccurredAt = fact.OccurredAt,
        };
        _outbox.Enqueue(stored);
        await _producer!.ProduceAsync(
            TEvent.Topic,
            CloudEvent.ToRecord(stored, $"/{Topics.SourceOf(TEvent.Topic)}", stored.Sequence, previous));
        return stored.Id;
    }

    /// <summary>Sends once more what a relay has sent; it proves no place in the log.</summary>
    public Task Repeat(OutboxMessage sent) => _producer!.ProduceAsync(
        sent.Topic, CloudEvent.ToRecord(sent, $"/{Topics.SourceOf(sent.Topic)}", complete: 0));

    /// <summary>Publishes any bytes, such as a poison message.</summary>
    public Task PublishRaw(string topic, string key, string value, params (string Name, string Value)[] headers)
    {
        var record = new Message<string, string> { Key = key, Value = value, Headers = [] };
        foreach (var (name, text) in headers) record.Headers.Add(name, Encoding.UTF8.GetBytes(text));
        return _producer!.ProduceAsync(topic, record);
    }

    /// <summary>Publishes any bytes in every place where a record can hold some.</summary>
    public async Task PublishBytes(string topic, byte[] key, byte[] value, params (string Name, byte[] Value)[] headers)
    {
        using var producer = new DependentProducerBuilder<byte[], byte[]>(_producer!.Handle).Build();
        var record = new Message<byte[], byte[]> { Key = key, Value = value, Headers = [] };
        foreach (var (name, bytes) in headers) record.Headers.Add(name, bytes);
        await producer.ProduceAsync(topic, record);
    }

    /// <summary>The first offset that the broker still has of the partition of this key.</summary>
    public long Oldest(string topic, string key)
    {
        using var consumer = new ConsumerBuilder<string, byte[]>(
            new ConsumerConfig { BootstrapServers = Address, GroupId = "looker" }).Build();
        return consumer.QueryWatermarkOffsets(new(topic, Partitioning.Of(key)), TimeSpan.FromSeconds(5)).Low;
    }

    /// <summary>The distinct events of one type published so far.</summary>
    public IReadOnlyList<TEvent> Published<TEvent>()
        where TEvent : class, IEvent =>
        [.. _seen.Where(e => e.Type == TEvent.Type).DistinctBy(e => e.Id)
            .Select(e => JsonSerializer.Deserialize<TEvent>(e.Payload, EventJson.Options)!)];

    /// <summary>Waits for an event that the service published.</summary>
    public Task<TEvent> Sees<TEvent>(Func<TEvent, bool> which, TimeSpan? within = null)
        where TEvent : class, IEvent =>
        Eventually.Gets(TEvent.Type, () => Task.FromResult(Published<TEvent>().FirstOrDefault(which)), within);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_watcher is not null) await _watcher;
        _producer?.Dispose();
        if (_process is not null) await _process.DisposeAsync();
        _stop.Dispose();
    }

    void Watch()
    {
        using var consumer = new ConsumerBuilder<string, byte[]>(new ConsumerConfig
        {
            BootstrapServers = Address,
            GroupId = "watcher",
            EnableAutoCommit = false,
            AutoOffsetReset = AutoOffsetReset.Earliest,
            FetchWaitMaxMs = 20,
            ReconnectBackoffMs = 50,
            ReconnectBackoffMaxMs = 500,
        }).SetLogHandler((_, _) => { }).Build();
        var assigned = 0;
        while (!_stop.IsCancellationRequested)
        {
            if (assigned != Volatile.Read(ref _starts))
            {
                // Assigned by hand: no group to join, so nothing waits for a rebalance. And again after each start: a
                // broker that forgot writes a new log under the old offsets, and a position within its length would
                // skip what it holds. To read a log twice is harmless, the distinct events count.
                assigned = Volatile.Read(ref _starts);
                consumer.Assign(Topics.All.SelectMany(topic => Enumerable.Range(0, Topics.Partitions)
                    .Select(p => new TopicPartitionOffset(topic, p, Offset.Beginning))));
            }
            try
            {
                if (consumer.Consume(TimeSpan.FromMilliseconds(50)) is { } record)
                    _seen.Enqueue(ReceivedEvent.From(record));
            }
            catch (ConsumeException e) when (!e.Error.IsFatal)
            {
                // The broker is away or forgot: the watcher goes on where it now begins.
            }
        }
    }
}
