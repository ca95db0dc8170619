namespace CarShare.Messaging;

/// <summary>
/// Client settings: what the kernel needs, then what <c>Aspire:Confluent:Kafka:{Producer|Consumer}:Config</c> says,
/// where Aspire's own client package reads it too (security protocol, SASL, certificates): for relay, consumer and the
/// making of topics alike. Not through that package's registration: a singleton client can't be replaced after a fatal
/// error.
/// </summary>
public static class KafkaSettings
{
    /// <summary>Name of the connection string: the bootstrap servers.</summary>
    public const string ConnectionName = "kafka";

    /// <summary>Settings of a producer, the given ones overridden by the configuration.</summary>
    public static ProducerConfig Producer(IConfiguration configuration, ProducerConfig config) =>
        Complete(configuration, "Producer", config);

    /// <summary>Settings of a consumer, the given ones overridden by the configuration.</summary>
    public static ConsumerConfig Consumer(IConfiguration configuration, ConsumerConfig config) =>
        Complete(configuration, "Consumer", config);

    /// <summary>Settings of an administrator: a producer's.</summary>
    public static AdminClientConfig Admin(IConfiguration configuration) =>
        new(Producer(configuration, new()).Where(p => p.Key != "partitioner")
        .ToDictionary(p => p.Key, p => p.Value));

    static T Complete<T>(IConfiguration configuration, string client, T config)
        where T : ClientConfig
    {
        config.BootstrapServers = configuration.GetConnectionString(ConnectionName);
        config.SocketKeepaliveEnable = true;
        (config.ReconnectBackoffMs, config.ReconnectBackoffMaxMs) = (50, 1_000);
        // A leader that moved, or a topic made again, is found within seconds.
        config.TopicMetadataRefreshIntervalMs = 5_000;
        // Topics are made by the migrations alone: to ask for one must not make it with the broker's default size.
        config.Set("allow.auto.create.topics", "false");
        var section = configuration.GetSection($"Aspire:Confluent:Kafka:{client}");
        section.GetSection("Config").Bind(config);
        section.GetSection(ConnectionName).GetSection("Config").Bind(config);
        if (string.IsNullOrEmpty(config.BootstrapServers))
            throw new InvalidOperationException($"Connection string '{ConnectionName}' is missing.");
        return config;
    }
}
