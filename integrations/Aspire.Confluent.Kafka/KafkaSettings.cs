using Confluent.Kafka;

namespace Aspire.Confluent.Kafka;

/// <summary>Settings of a Kafka producer; the section <c>Aspire:Confluent:Kafka:Producer</c>.</summary>
public sealed class KafkaProducerSettings
{
    /// <summary>The bootstrap servers, by default the connection string of the producer's name.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>
    /// Everything that librdkafka can be told, such as <c>SecurityProtocol</c> or <c>SaslUsername</c>.
    /// </summary>
    public ProducerConfig Config { get; } = new();

    /// <summary>No metrics of the client.</summary>
    public bool DisableMetrics { get; set; }

    /// <summary>No health check, which would produce to a topic of its own.</summary>
    public bool DisableHealthChecks { get; set; }

    /// <summary>No spans of the client.</summary>
    public bool DisableTracing { get; set; }
}

/// <summary>Settings of a Kafka consumer; the section <c>Aspire:Confluent:Kafka:Consumer</c>.</summary>
public sealed class KafkaConsumerSettings
{
    /// <summary>The bootstrap servers, by default the connection string of the consumer's name.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>
    /// Everything that librdkafka can be told, such as <c>SecurityProtocol</c> or <c>SaslUsername</c>.
    /// </summary>
    public ConsumerConfig Config { get; } = new();

    /// <summary>No metrics of the client.</summary>
    public bool DisableMetrics { get; set; }

    /// <summary>No health check, which would produce to a topic of its own.</summary>
    public bool DisableHealthChecks { get; set; }

    /// <summary>No spans of the client.</summary>
    public bool DisableTracing { get; set; }
}
