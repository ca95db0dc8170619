namespace CarShare.Messaging;

/// <summary>What the exceptions of the object mapper and of the Kafka client mean.</summary>
static class MessagingFaults
{
    public static void Teach()
    {
        Faults.Teach(OfMapper);
        Faults.Teach(OfKafka);
    }

    static Fault? OfMapper(Exception error) => error is DbUpdateConcurrencyException ? Fault.Conflict : null;

    static Fault? OfKafka(Exception error) => error is KafkaException { Error: var reason } ? OfKafka(reason) : null;

    public static Fault OfKafka(Error error) => error.Code switch
    {
        // The broker has seen it and will never take it.
        ErrorCode.MsgSizeTooLarge or ErrorCode.InvalidMsg or ErrorCode.InvalidRecord => Fault.Input,
        _ when error.IsFatal => Fault.Ours,
        _ => Fault.BrokerAway,
    };
}
