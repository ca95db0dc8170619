namespace CarShare.Messaging;

/// <summary>What the kernel measures, on meter and activity source <c>CarShare.Messaging</c>.</summary>
public sealed class MessagingMetrics
{
    /// <summary>Name of the meter and of the activity source.</summary>
    public const string SourceName = "CarShare.Messaging";

    internal static ActivitySource Activities { get; } = new(SourceName);

    readonly Counter<long> _handled, _duplicates, _parked, _caughtUp;
    readonly Histogram<int> _batch;
    long _unsent, _parkedNow;
    double _age;
    IReadOnlyDictionary<TopicPartition, long> _lags = new Dictionary<TopicPartition, long>();

    /// <summary>Creates the instruments.</summary>
    public MessagingMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(SourceName);
        _handled = meter.CreateCounter<long>("carshare.consumer.handled", "{event}");
        _duplicates = meter.CreateCounter<long>("carshare.consumer.duplicates", "{event}");
        _parked = meter.CreateCounter<long>("carshare.consumer.parked", "{event}");
        _caughtUp = meter.CreateCounter<long>(
            "carshare.consumer.caught_up", "{event}", "Events read from their publisher instead of the log");
        _batch = meter.CreateHistogram<int>("carshare.consumer.batch_size", "{event}");
        meter.CreateObservableGauge(
            "carshare.outbox.age", () => Volatile.Read(ref _age), "s", "Age of the oldest unsent event");
        meter.CreateObservableGauge(
            "carshare.outbox.messages", () => Volatile.Read(ref _unsent), "{message}", "Unsent events");
        meter.CreateObservableGauge(
            "carshare.dead_letters", () => Volatile.Read(ref _parkedNow), "{message}",
            "Parked events that wait for a redrive");
        meter.CreateObservableGauge(
            "carshare.outbox.refused", () => OutboxRefused, "{event}", "Events the broker will not take");
        meter.CreateObservableGauge(
            "carshare.relay.waiting", () => RelayWaits ? 1 : 0, description: "1 while the brokers acknowledge nothing");
        meter.CreateObservableGauge(
            "carshare.consumer.lag", Lags, "{event}", "Records behind the end of the partition");
        meter.CreateObservableGauge(
            "carshare.consumer.catching_up", () => CatchingUp, "{partition}",
            "Partitions read from their publisher now");
        meter.CreateObservableGauge(
            "carshare.consumer.stuck", () => Stuck ? 1 : 0,
            description: "1 while nothing is read although the brokers answer");
        meter.CreateObservableGauge(
            "carshare.topics.wrong", () => WrongTopics, "{topic}",
            "Topics that are gone or have another size than agreed");
        meter.CreateObservableCounter(
            "carshare.events.unknown_values", () => EventJson.UnknownValues, "{value}",
            "Enum values unknown to this build");
    }

    /// <summary>
    /// What waits in the service's store: unsent events, the age of the oldest, dead letters. A PostgreSQL store is
    /// counted by the kernel.
    /// </summary>
    public void Waiting(long unsent, TimeSpan age, long deadLetters)
    {
        Volatile.Write(ref _unsent, unsent);
        Volatile.Write(ref _age, age.TotalSeconds);
        Volatile.Write(ref _parkedNow, deadLetters);
    }

    internal int OutboxRefused { get; set; }

    internal bool RelayWaits { get; set; }

    internal int CatchingUp { get; set; }

    /// <summary>How many this replica reads.</summary>
    internal int Partitions => Volatile.Read(ref _lags).Count;

    internal bool Stuck { get; set; }

    internal int WrongTopics { get; set; }

    internal void Handled(int received, HandledEvents handled)
    {
        _batch.Record(received);
        _handled.Add(handled.Fresh);
        _duplicates.Add(handled.Repeated);
    }

    internal void Parked(string type) => _parked.Add(1, new KeyValuePair<string, object?>("type", type));

    internal void CaughtUp(string topic, int events) =>
        _caughtUp.Add(events, new KeyValuePair<string, object?>("topic", topic));

    /// <summary>
    /// Of the partitions of this replica and no others: one that another replica reads now must not count twice.
    /// </summary>
    internal void Lags(IReadOnlyDictionary<TopicPartition, long> lags) => Volatile.Write(ref _lags, lags);

    IEnumerable<Measurement<long>> Lags() => Volatile.Read(ref _lags).Select(lag => new Measurement<long>(
        lag.Value, new("topic", lag.Key.Topic),
        new KeyValuePair<string, object?>("partition", lag.Key.Partition.Value)));
}
