namespace CarShare.Messaging;

/// <summary>
/// Producer spans by OpenTelemetry's messaging conventions: one per event, child of what caused it, until the brokers
/// acknowledge it.
/// </summary>
static class ProducerSpans
{
    public static Activity? Of(OutboxMessage row, int partition) =>
        MessagingMetrics.Activities.StartActivity($"send {row.Topic}", ActivityKind.Producer, row.TraceParent)?
            .SetTag("messaging.system", "kafka").SetTag("messaging.operation.type", "send")
            .SetTag("messaging.operation.name", "send")
            .SetTag("messaging.destination.name", row.Topic)
            .SetTag("messaging.destination.partition.id", partition.ToString(CultureInfo.InvariantCulture))
            .SetTag("messaging.kafka.message.key", row.Key).SetTag("messaging.message.id", row.Id)
            .SetTag("carshare.event.type", row.Type)
            .Concerns(row.Type, row.Key);
}
