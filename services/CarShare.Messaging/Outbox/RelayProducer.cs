namespace CarShare.Messaging;

static class RelayProducer
{
    /// <summary>Idempotent, and patient: only the brokers decide when a record fails.</summary>
    public static IProducer<string, string> Of(
        string name, IConfiguration configuration, ILogger logger, Action<Error> said) =>
        new ProducerBuilder<string, string>(KafkaSettings.Producer(configuration, new()
        {
            ClientId = $"{name}-relay",
            Acks = Acks.All,
            EnableIdempotence = true,
            MessageTimeoutMs = 0,
            LingerMs = 1,
        }))
            .SetErrorHandler((_, error) => said(error))
            .SetLogHandler((_, message) => logger.LogDebug("The relay of {Name}: {Reason}", name, message.Message))
            .Build();
}
