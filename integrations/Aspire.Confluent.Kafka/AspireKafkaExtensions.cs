using Aspire.Confluent.Kafka;
using Confluent.Kafka;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.Hosting;

/// <summary>Registers a Kafka producer.</summary>
public static class AspireKafkaProducerExtensions
{
    /// <summary>
    /// Registers <see cref="IProducer{TKey,TValue}"/> as a singleton, set up by <c>Aspire:Confluent:Kafka:Producer</c>,
    /// then by its subsection <paramref name="connectionName"/>, then by <paramref name="configureSettings"/>.
    /// </summary>
    public static void AddKafkaProducer<TKey, TValue>(
        this IHostApplicationBuilder builder, string connectionName,
        Action<KafkaProducerSettings>? configureSettings = null,
        Action<IServiceProvider, ProducerBuilder<TKey, TValue>>? configureBuilder = null)
    {
        KafkaProducerSettings settings = new();
        KafkaBinding.Bind(builder.Configuration, "Producer", connectionName, settings, settings.Config);
        settings.ConnectionString = builder.Configuration.GetConnectionString(connectionName)
            ?? settings.ConnectionString;
        configureSettings?.Invoke(settings);
        settings.Config.BootstrapServers = settings.ConnectionString ?? settings.Config.BootstrapServers;
        KafkaBinding.RefuseHealthCheck(settings.DisableHealthChecks);
        builder.Services.AddSingleton(services =>
        {
            KafkaBinding.Validate(settings.Config);
            ProducerBuilder<TKey, TValue> producer = new(settings.Config);
            configureBuilder?.Invoke(services, producer);
            var log = KafkaBinding.LogOf(services);
            try
            {
                producer.SetLogHandler((_, message) => log(message));
            }
            catch (InvalidOperationException)
            {
                // the caller has set a handler of its own
            }

            return producer.Build();
        });
    }
}

/// <summary>Registers a Kafka consumer.</summary>
public static class AspireKafkaConsumerExtensions
{
    /// <summary>
    /// Registers <see cref="IConsumer{TKey,TValue}"/> as a singleton, set up by <c>Aspire:Confluent:Kafka:Consumer</c>,
    /// then by its subsection <paramref name="connectionName"/>, then by <paramref name="configureSettings"/>.
    /// </summary>
    public static void AddKafkaConsumer<TKey, TValue>(
        this IHostApplicationBuilder builder, string connectionName,
        Action<KafkaConsumerSettings>? configureSettings = null,
        Action<IServiceProvider, ConsumerBuilder<TKey, TValue>>? configureBuilder = null)
    {
        KafkaConsumerSettings settings = new();
        KafkaBinding.Bind(builder.Configuration, "Consumer", connectionName, settings, settings.Config);
        settings.ConnectionString = builder.Configuration.GetConnectionString(connectionName)
            ?? settings.ConnectionString;
        configureSettings?.Invoke(settings);
        settings.Config.BootstrapServers = settings.ConnectionString ?? settings.Config.BootstrapServers;
        KafkaBinding.RefuseHealthCheck(settings.DisableHealthChecks);
        builder.Services.AddSingleton(services =>
        {
            KafkaBinding.Validate(settings.Config);
            ConsumerBuilder<TKey, TValue> consumer = new(settings.Config);
            configureBuilder?.Invoke(services, consumer);
            var log = KafkaBinding.LogOf(services);
            try
            {
                consumer.SetLogHandler((_, message) => log(message));
            }
            catch (InvalidOperationException)
            {
                // the caller has set a handler of its own
            }

            return consumer.Build();
        });
    }
}

static class KafkaBinding
{
    public static void Bind(
        IConfiguration configuration, string client, string connectionName, object settings, ClientConfig config)
    {
        var section = configuration.GetSection($"Aspire:Confluent:Kafka:{client}");
        var named = section.GetSection(connectionName);
        section.Bind(settings);
        named.Bind(settings);
        // a read-only property that is a dictionary, too, is not bound with what it is part of
        section.GetSection("Config").Bind(config);
        named.GetSection("Config").Bind(config);
    }

    public static void Validate(ClientConfig config)
    {
        if (string.IsNullOrEmpty(config.BootstrapServers))
            throw new InvalidOperationException("No bootstrap servers configured.");
    }

    public static void RefuseHealthCheck(bool disabled)
    {
        if (!disabled)
            throw new NotSupportedException(
                "The health check of Kafka clients needs the package Aspire.Confluent.Kafka: set DisableHealthChecks.");
    }

    public static Action<LogMessage> LogOf(IServiceProvider services)
    {
        var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger("Aspire.Confluent.Kafka");
        return message => logger.Log(
            (LogLevel)message.LevelAs(LogLevelType.MicrosoftExtensionsLogging), "{Message}", message.Message);
    }
}
