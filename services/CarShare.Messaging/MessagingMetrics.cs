using System.Collections.Concurrent;

namespace CarShare.Messaging;

/// <summary>What the kernel measures, on meter and activity source <c>CarShare.Messaging</c>.</summary>
public sealed class MessagingMetrics
{
    /// <summary>Name of the meter and of the activity source.</summary>
    public const string SourceName = "CarShare.Messaging";

    internal static ActivitySource Activities { get; } = new(SourceName);

    readonly Counter<long> _handled, _duplicates, _parked;
    readonly Histogram<int> _batch;
    readonly ConcurrentDictionary<(string Topic, int Partition), long> _lag = new();

    /// <summary>Creates the instruments.</summary>
    public MessagingMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(SourceName);
        _handled = meter.CreateCounter<long>("carshare.consumer.handled", "{event}");
        _duplicates = meter.CreateCounter<long>("carshare.consumer.duplicates", "{event}");
        _parked = meter.CreateCounter<long>("carshare.consumer.parked", "{event}");
        _batch = meter.CreateHistogram<int>("carshare.consumer.batch_size", "{event}");
        meter.CreateObservableGauge("carshare.outbox.age", () => OutboxAge.TotalSeconds, "s", "Age of the oldest unsent event");
        meter.CreateObservableGauge("carshare.consumer.lag", Lags, "{event}", "Records behind the end of the partition");
    }

    /// <summary>Age of the oldest event still unsent.</summary>
    public TimeSpan OutboxAge { get; internal set; }

    internal void Handled(int received, int fresh)
    {
        _batch.Record(received);
        _handled.Add(fresh);
        _duplicates.Add(received - fresh);
    }

    internal void Parked(string type) => _parked.Add(1, new KeyValuePair<string, object?>("type", type));

    internal void Lag(string topic, int partition, long records) => _lag[(topic, partition)] = records;

    internal void ForgetLags() => _lag.Clear();

    IEnumerable<Measurement<long>> Lags() => _lag.Select(lag => new Measurement<long>(
        lag.Value, new("topic", lag.Key.Topic), new KeyValuePair<string, object?>("partition", lag.Key.Partition)));
}
