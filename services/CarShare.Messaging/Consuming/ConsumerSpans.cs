namespace CarShare.Messaging;

/// <summary>
/// Consumer spans by OpenTelemetry's messaging conventions: one per event, child of the producer's, from its handling
/// to the end of the commit.
/// </summary>
public sealed class ConsumerSpans : IDisposable
{
    readonly List<Activity> _open = [];

    /// <summary>Starts the span of this event; disposed, it is no longer the current one, but still open.</summary>
    public IDisposable? Of(ReceivedEvent received)
    {
        var before = Activity.Current;
        var span = MessagingMetrics.Activities.StartActivity(
            $"process {received.Topic}", ActivityKind.Consumer, received.TraceParent);
        if (span is null) return null;
        _open.Add(
            span.SetTag("messaging.system", "kafka").SetTag("messaging.operation.type", "process")
            .SetTag("messaging.operation.name", "process")
            .SetTag("messaging.destination.name", received.Topic)
            .SetTag("messaging.destination.partition.id", received.Partition.ToString(CultureInfo.InvariantCulture))
            .SetTag("messaging.kafka.message.key", received.Key).SetTag("messaging.kafka.offset", received.Offset)
            .SetTag("messaging.message.id", received.Id).SetTag("carshare.event.type", received.Type)
            .Concerns(received.Type, received.Key));
        return new Current(before);
    }

    /// <summary>The effects are committed.</summary>
    public void Committed()
    {
        foreach (var span in _open) span.Dispose();
        _open.Clear();
    }

    /// <summary>Ends what is open still: its effects were rolled back.</summary>
    public void Dispose()
    {
        foreach (var span in _open) span.SetStatus(ActivityStatusCode.Error);
        Committed();
    }

    sealed class Current(Activity? before) : IDisposable
    {
        public void Dispose() => Activity.Current = before;
    }
}
