namespace CarShare.Messaging;

static partial class ShipmentLog
{
    [LoggerMessage(
        LogLevel.Error,
        "The relay of {Name}: no broker takes the event of sequence {Sequence}, it stays in the outbox: {Reason}")]
    public static partial void Refused(ILogger logger, string name, long sequence, string reason);

    [LoggerMessage(LogLevel.Error, "The relay of {Name} needs a new producer: {Reason}")]
    public static partial void Fatal(ILogger logger, string name, string reason);

    [LoggerMessage(LogLevel.Warning, "The relay of {Name} waits for the brokers with {Count} events: {Reason}")]
    public static partial void Waiting(ILogger logger, string name, int count, string reason);

    [LoggerMessage(LogLevel.Information, "The relay of {Name}: the brokers take events again")]
    public static partial void Moving(ILogger logger, string name);
}
