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
    // All partitions of a topic but one may be without a leader, and there is room for that one.
    const int MostUnderWay = 1_000, MostPerPartition = 150;
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    static readonly TimeSpan TopicPause = TimeSpan.FromSeconds(1);

    readonly ConcurrentQueue<(long Sequence, DeliveryReport<string, string> Report)> _reports = new();
    readonly Dictionary<long, Parcel> _underWay = [];
    readonly Dictionary<(string Topic, int Partition), int> _perPartition = [];
    readonly HashSet<(string Topic, int Partition)> _taken = [];
    readonly Dictionary<(string Topic, int Partition), long> _sentLast = [];
    readonly HashSet<long> _acknowledged = [];
    readonly Refusals _refusals = new(target.Name, metrics, logger);
    readonly Dictionary<string, long> _pausedTopics = [];
    readonly RelayProducer _producer = new(target.Name, configuration, topics, logger);
    long _movedAt;
    volatile bool _wakes;

    /// <summary>True when another batch may be read; where rows wait, each report wakes the relay.</summary>
    public bool HasRoom(Pass pass)
    {
        var isFull = _underWay.Count > MostUnderWay;
        _wakes = isFull || pass.HasClosed;
        return !isFull;
    }

    public bool IsIdle => _underWay.Count == 0 && _acknowledged.Count == 0;

    /// <summary>Looks whether the topics are as agreed and whether the brokers take anything.</summary>
    public void Observe()
    {
        if (_underWay.Count == 0)
        {
            _movedAt = Stopwatch.GetTimestamp();
            Waits(false);
        }
        else if (Stopwatch.GetElapsedTime(_movedAt) > Patience) Waits(true);

        _producer.CheckTopics(IsIdle);
    }

    /// <summary>Gives the row to the producer, unless it is there already or has to wait.</summary>
    public bool Send(OutboxMessage row, Pass pass)
    {
        if (_underWay.ContainsKey(row.Sequence) || _acknowledged.Contains(row.Sequence)) return false;
        var place = (row.Topic, Partition: Partitioning.Of(row.Key));
        var (count, isSuspect) = (_perPartition.GetValueOrDefault(place), _refusals.IsSuspect(row.Sequence));
        // A row that made others fail with it travels alone.
        if (pass.IsClosed(place) || count >= MostPerPartition || (isSuspect && count > 0) || _taken.Contains(place)
            || IsPaused(row.Topic))
        {
            pass.Close(row.Sequence, place);
            return false;
        }

        if (_refusals.Rests(row.Sequence))
        {
            pass.Leave(row.Sequence, place);
            return false;
        }

        var span = ProducerSpans.Of(row, place.Partition);
        try
        {
            var record = CloudEvent.ToRecord(
                row, $"/{Topics.SourceOf(row.Topic)}", pass.Complete(row.Sequence, place),
                _sentLast.GetValueOrDefault(place), span?.Id);
            _producer.Produce(new TopicPartition(row.Topic, place.Partition), record, report =>
            {
                _reports.Enqueue((row.Sequence, report));
                if (_wakes) signal.Wake();
            });
        }
        catch (ProduceException<string, string> e)
        {
            span?.Dispose();
            if (e.Error.IsFatal) Replace(e.Error);
            if (MessagingFaults.OfKafka(e.Error) != Fault.Input) pass.Close(row.Sequence, place);
            else
            {
                _refusals.Add(row.Sequence, e.Error.Reason);
                pass.Leave(row.Sequence, place);
            }

            return false;
        }

        _underWay[row.Sequence] = new(place, isSuspect, span);
        _perPartition[place] = count + 1;
        _sentLast[place] = row.Sequence;
        if (isSuspect) _taken.Add(place);
        return true;
    }

    /// <summary>Takes in what the brokers said; answers the lowest sequence that has to be read again.</summary>
    public long? Collect(Pass pass)
    {
        long? again = null;
        while (_reports.TryDequeue(out var said))
        {
            if (!_underWay.Remove(said.Sequence, out var parcel)) continue;
            if (--_perPartition[parcel.Place] == 0) _perPartition.Remove(parcel.Place);
            if (parcel.IsAlone) _taken.Remove(parcel.Place);
            if (_perPartition.GetValueOrDefault(parcel.Place) is 0 or MostPerPartition / 2) pass.Reopen(parcel.Place);
            var error = said.Report.Error;
            if (error.IsError) parcel.Span?.SetStatus(ActivityStatusCode.Error, error.Reason);
            parcel.Span?.Dispose();
            if (said.Report.Status == PersistenceStatus.Persisted)
            {
                _acknowledged.Add(said.Sequence);
                _refusals.Remove(said.Sequence);
                _movedAt = Stopwatch.GetTimestamp();
                continue;
            }

            again = Math.Min(again ?? said.Sequence, said.Sequence);
            if (error.IsFatal) Replace(error);
            else if (MessagingFaults.OfKafka(error) != Fault.Input)
                _pausedTopics[parcel.Place.Topic] = Stopwatch.GetTimestamp();
            else if (parcel.IsAlone) _refusals.Add(said.Sequence, error.Reason);
            else _refusals.Suspect(said.Sequence);
            _producer.LastError = error.Reason;
        }

        return again;
    }

    /// <summary>Another replica may lead from now on, and says how it fares.</summary>
    public void Resign()
    {
        _refusals.Clear();
        metrics.RelayWaits = false;
    }

    public long[] Acknowledged() => [.. _acknowledged];

    public void Forget(long[] marked) => _acknowledged.ExceptWith(marked);

    public string? LastError => _producer.LastError;

    public void Flush() => _producer.Flush();

    public void Dispose() => _producer.Dispose();

    bool IsPaused(string topic) => !topics.IsRight(topic) ||
        (_pausedTopics.TryGetValue(topic, out var paused) && Stopwatch.GetElapsedTime(paused) < TopicPause);

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
            ShipmentLog.Waiting(logger, target.Name, _underWay.Count, _producer.LastError ?? "no answer");
        if (!waits && metrics.RelayWaits) ShipmentLog.Moving(logger, target.Name);
        metrics.RelayWaits = waits;
    }
}
