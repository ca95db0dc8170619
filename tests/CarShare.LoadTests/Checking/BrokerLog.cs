using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CarShare.Contracts;
using Confluent.Kafka;

namespace CarShare.LoadTests.Checking;

/// <summary>What the broker holds now.</summary>
sealed class BrokerLog : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    readonly IConsumer<string, byte[]> _consumer;
    readonly Dictionary<TopicPartition, (long Low, long High)> _marks = [];
    readonly Dictionary<string, int> _sizes = [];

    public BrokerLog(string brokers) => _consumer = new ConsumerBuilder<string, byte[]>(new ConsumerConfig
    {
        BootstrapServers = brokers,
        GroupId = "check",
        EnableAutoCommit = false,
        EnablePartitionEof = true,
        FetchWaitMaxMs = 50,
        AutoOffsetReset = AutoOffsetReset.Earliest,
    }).SetLogHandler((_, _) => { }).Build();

    /// <summary>First offset held and the offset behind the last one, when <see cref="Look"/> looked.</summary>
    public (long Low, long High) Marks(string topic, int partition) => _marks[new(topic, partition)];

    /// <summary>How many partitions the topic has; 0 if there is no such topic.</summary>
    public int Partitions(string topic) => _sizes.GetValueOrDefault(topic);

    /// <summary>Asks for the ends of all partitions, all at a time: each answer takes a fetch's time.</summary>
    public void Look()
    {
        using var admin = new DependentAdminClientBuilder(_consumer.Handle).Build();
        var sizes = admin.GetMetadata(Patience).Topics.Where(t => t.Error.Code == ErrorCode.NoError)
            .ToDictionary(t => t.Topic, t => t.Partitions.Count);
        foreach (var topic in Topics.All) _sizes[topic] = sizes.GetValueOrDefault(topic);
        var places = _sizes.SelectMany(
            topic => Enumerable.Range(0, topic.Value).Select(partition => new TopicPartition(topic.Key, partition)));
        var marks = places.Select(place => (place, Asking: Task.Factory.StartNew(() =>
            _consumer.QueryWatermarkOffsets(place, Patience), TaskCreationOptions.LongRunning))).ToList();
        foreach (var (place, asking) in marks) _marks[place] = Ends(asking.GetAwaiter().GetResult());
    }

    static (long, long) Ends(WatermarkOffsets marks) => (marks.Low, marks.High);

    /// <summary>True if a record stands at this offset or behind it.</summary>
    public bool HasRecord(string topic, int partition, long offset)
    {
        _consumer.Assign(new TopicPartitionOffset(topic, partition, offset));
        var record = _consumer.Consume(Patience)
            ?? throw new Running.CannotRunException($"The broker does not give {topic} to its end.");
        _consumer.Unassign();
        return !record.IsPartitionEOF;
    }

    /// <summary>Reads the topic from its beginning to where it ends now.</summary>
    public TopicContent Read(string topic, CancellationToken ct)
    {
        var content = new TopicContent();
        var open = new Dictionary<int, long>();
        for (var partition = 0; partition < Partitions(topic); partition++)
        {
            var (low, high) = Marks(topic, partition);
            if (high > low) open[partition] = high;
            if (low > 0) content.IsCut = true;
        }

        _consumer.Assign(open.Keys.Select(partition => new TopicPartitionOffset(topic, partition, Offset.Beginning)));
        var earliest = new Dictionary<int, DateTime>();
        while (open.Count > 0)
        {
            ct.ThrowIfCancellationRequested();
            var record = _consumer.Consume(Patience)
                ?? throw new Running.CannotRunException($"The broker does not give {topic} to its end.");
            if (record.IsPartitionEOF || record.Offset >= open.GetValueOrDefault(record.Partition))
            {
                open.Remove(record.Partition);
                continue;
            }

            earliest.TryAdd(record.Partition, record.Message.Timestamp.UtcDateTime);
            content.Add(record.Message);
            if (record.Offset + 1 == open[record.Partition]) open.Remove(record.Partition);
        }

        _consumer.Unassign();
        content.CompleteSince =
            earliest.Count == 0 ? null : content.IsCut ? earliest.Values.Max() : earliest.Values.Min();
        return content;
    }

    public void Dispose()
    {
        _consumer.Close();
        _consumer.Dispose();
    }
}

/// <summary>The distinct events of a topic.</summary>
sealed class TopicContent
{
    readonly Dictionary<Guid, ulong> _events = [];

    /// <summary>The broker has thrown records away.</summary>
    public bool IsCut { get; set; }

    /// <summary>Nothing produced since then was thrown away or forgotten; null for an empty topic.</summary>
    public DateTime? CompleteSince { get; set; }

    public int Records { get; private set; }

    /// <summary>Ids that came with more than one content.</summary>
    public List<Guid> Contradictions { get; } = [];

    /// <summary>Ids not asked for so far.</summary>
    public HashSet<Guid> Unasked { get; } = [];

    public void Add(Message<string, byte[]> record)
    {
        Records++;
        // Anybody may write anything into a topic; what is no event of ours is said to be none.
        var (value, key) = (record.Value ?? [], record.Key ?? "");
        var id = Guid.TryParse(Header("ce_id"), out var given)
            ? given
            : new(SHA256.HashData([.. Encoding.UTF8.GetBytes(key), .. value]).AsSpan(0, 16));
        var hash = Hash(Header("ce_type"), key, Header("ce_sequence"), value);
        if (!_events.TryAdd(id, hash) && _events[id] != hash) Contradictions.Add(id);
        Unasked.Add(id);

        string Header(string name) => record.Headers?.TryGetLastBytes(name, out var bytes) == true
            && bytes is not null ? Encoding.UTF8.GetString(bytes) : "";
    }

    /// <summary>Null when the topic does not hold the event, else whether it is this one.</summary>
    public bool? Holds(Guid id, string type, string key, long sequence, string payload)
    {
        Unasked.Remove(id);
        return _events.TryGetValue(id, out var hash)
            ? hash == Hash(type, key, sequence.ToString(CultureInfo.InvariantCulture), Encoding.UTF8.GetBytes(payload))
            : null;
    }

    static ulong Hash(string type, string key, string sequence, byte[] payload)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{type}\n{key}\n{sequence}\n"));
        hash.AppendData(payload);
        return BinaryPrimitives.ReadUInt64BigEndian(hash.GetHashAndReset());
    }
}
