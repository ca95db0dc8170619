using System.Collections.Concurrent;

namespace CarShare.Messaging;

/// <summary>
/// What the relay has given to its one producer: idempotent, so that a broker that is away or a leader that moves is
/// waited for with the records in flight and nothing doubles or changes places. Only a fatal error makes a new
/// producer.
/// </summary>
sealed class Shipment(
    RelayTarget target, IConfiguration configuration, RelaySignal signal, TopicCheck topics, MessagingMetrics metrics,
    ILogger<Relay> logger) : IDisposable
{
    const int MostUnderWay = 2_000, MostPerPartition = 500;
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(3), RefusedFor = TimeSpan.FromMinutes(1);
    static readonly TimeSpan TopicPause = TimeSpan.FromSeconds(1), CheckEvery = TimeSpan.FromSeconds(5);

    readonly ConcurrentQueue<(long Sequence, DeliveryReport<string, string> Report)> _reports = new();
    readonly Dictionary<long, Parcel> _underWay = [];
    readonly Dictionary<(string Topic, int Partition), int> _perPartition = [];
    readonly HashSet<(string Topic, int Partition)> _taken = [];
    readonly Dictionary<(string Topic, int Partition), long> _sentLast = [];
    readonly HashSet<long> _acknowledged = [], _suspects = [];
    readonly HashSet<string> _used = [];
    readonly Dictionary<long, long> _refused = [];
    readonly Dictionary<string, long> _pausedTopics = [];
    IProducer<string, string>? _producer;
    IAdminClient? _admin;
    Task _checking = Task.CompletedTask;
    long _movedAt, _checkedAt;
    volatile bool _isFull;

    /// <summary>What the client or a broker said last; null if nothing was wrong.</summary>
    public string? LastError { get; private set; }

    /// <summary>True when another batch may be read.</summary>
    public bool HasRoom => !(_isFull = _underWay.Count > MostUnderWay / 2);

    public bool IsIdle => _underWay.Count == 0 && _acknowledged.Count == 0;

    /// <summary>Looks whether the topics are as agreed and whether the brokers take anything.</summary>
    public void Look()
    {
        if (_underWay.Count == 0)
        {
            _movedAt = Stopwatch.GetTimestamp();
            Waits(false);
        }
        else if (Stopwatch.GetElapsedTime(_movedAt) > Patience) Waits(true);

        if (_admin is not { } admin || !_checking.IsCompleted || (IsIdle && topics.Sentence is null)) return;
        if (topics.Sentence is null && Stopwatch.GetElapsedTime(_checkedAt) < CheckEvery) return;
        var used = _used.ToArray();
        (_checkedAt, _checking) = (Stopwatch.GetTimestamp(), Task.Run(() => Check(admin, used)));
    }

    /// <summary>Gives the row to the producer, unless it is there already or has to wait.</summary>
    public bool Send(OutboxMessage row, Pass pass)
    {
        if (_underWay.ContainsKey(row.Sequence) || _acknowledged.Contains(row.Sequence)) return false;
        var place = (row.Topic, Partition: Partitioning.Of(row.Key));
        var (count, isSuspect) = (_perPartition.GetValueOrDefault(place), _suspects.Contains(row.Sequence));
        // A row that made others fail with it travels alone.
        if (_underWay.Count >= MostUnderWay || count >= MostPerPartition || IsPaused(row) || (isSuspect && count > 0)
            || _taken.Contains(place))
        {
            pass.Leave(row.Sequence, place);
            return false;
        }

        _used.Add(row.Topic);
        var span = ProducerSpans.Of(row, place.Partition);
        try
        {
            var record = CloudEvent.ToRecord(
                row, $"/{Topics.SourceOf(row.Topic)}", pass.Complete(row.Sequence, place),
                _sentLast.GetValueOrDefault(place), span?.Id);
            Producer().Produce(new TopicPartition(row.Topic, place.Partition), record, report =>
            {
                _reports.Enqueue((row.Sequence, report));
                if (_isFull) signal.Wake();
            });
        }
        catch (ProduceException<string, string> e)
        {
            span?.Dispose();
            if (e.Error.IsFatal) Replace(e.Error);
            else if (MessagingFaults.OfKafka(e.Error) == Fault.Input) Refuse(row.Sequence, e.Error.Reason);
            pass.Leave(row.Sequence, place);
            return false;
        }

        _underWay[row.Sequence] = new(place, isSuspect, span);
        _perPartition[place] = count + 1;
        _sentLast[place] = row.Sequence;
        if (isSuspect) _taken.Add(place);
        return true;
    }

    /// <summary>Takes in what the brokers said; answers the lowest sequence that has to be read again.</summary>
    public long? Collect()
    {
        long? again = null;
        while (_reports.TryDequeue(out var said))
        {
            if (!_underWay.Remove(said.Sequence, out var parcel)) continue;
            if (--_perPartition[parcel.Place] == 0) _perPartition.Remove(parcel.Place);
            if (parcel.IsAlone) _taken.Remove(parcel.Place);
            var error = said.Report.Error;
            if (error.IsError) parcel.Span?.SetStatus(ActivityStatusCode.Error, error.Reason);
            parcel.Span?.Dispose();
            if (said.Report.Status == PersistenceStatus.Persisted)
            {
                _acknowledged.Add(said.Sequence);
                _suspects.Remove(said.Sequence);
                _movedAt = Stopwatch.GetTimestamp();
                continue;
            }

            again = Math.Min(again ?? said.Sequence, said.Sequence);
            if (error.IsFatal) Replace(error);
            else if (MessagingFaults.OfKafka(error) != Fault.Input)
                _pausedTopics[parcel.Place.Topic] = Stopwatch.GetTimestamp();
            else if (parcel.IsAlone) Refuse(said.Sequence, error.Reason);
            else _suspects.Add(said.Sequence);
            LastError = error.Reason;
        }

        return again;
    }

    /// <summary>Gives what is under way a last moment.</summary>
    public void Flush() => _producer?.Flush(TimeSpan.FromSeconds(2));

    public long[] Acknowledged() => [.. _acknowledged];

    public void Forget(long[] marked) => _acknowledged.ExceptWith(marked);

    public void Dispose()
    {
        _admin?.Dispose();
        _producer?.Dispose();
        (_producer, _admin) = (null, null);
    }

    bool IsPaused(OutboxMessage row) => !topics.IsRight(row.Topic) ||
        (_pausedTopics.TryGetValue(row.Topic, out var paused) && Stopwatch.GetElapsedTime(paused) < TopicPause) ||
        (_refused.TryGetValue(row.Sequence, out var refused) && Stopwatch.GetElapsedTime(refused) < RefusedFor);

    void Refuse(long sequence, string reason)
    {
        _suspects.Add(sequence);
        _refused[sequence] = Stopwatch.GetTimestamp();
        metrics.OutboxRefused = _refused.Count;
        ShipmentLog.Refused(logger, target.Name, sequence, reason);
    }

    /// <summary>What was under way is read and sent again; the brokers may have some of it twice then.</summary>
    void Replace(Error error)
    {
        ShipmentLog.Fatal(logger, target.Name, error.Reason);
        Dispose();
        _underWay.Clear();
        _perPartition.Clear();
        _sentLast.Clear();
        _taken.Clear();
        throw new KafkaException(error);
    }

    void Waits(bool waits)
    {
        if (waits && !metrics.RelayWaits)
            ShipmentLog.Waiting(logger, target.Name, _underWay.Count, LastError ?? "no answer");
        if (!waits && metrics.RelayWaits) ShipmentLog.Moving(logger, target.Name);
        metrics.RelayWaits = waits;
    }

    void Check(IAdminClient admin, string[] used)
    {
        try
        {
            topics.AreRight(admin, used);
        }
        catch (Exception e) when (e is KafkaException or ObjectDisposedException)
        {
            // The brokers do not answer: Waits says so where it matters.
            LastError ??= e.Message;
        }
    }

    IProducer<string, string> Producer()
    {
        if (_producer is not null) return _producer;
        // That all brokers are down follows from what was said before, and tells less.
        _producer = RelayProducer.Of(target.Name, configuration, logger, error => LastError =
            error.Code == ErrorCode.Local_AllBrokersDown ? LastError ?? error.Reason : error.Reason);
        _admin = new DependentAdminClientBuilder(_producer.Handle).Build();
        return _producer;
    }
}
