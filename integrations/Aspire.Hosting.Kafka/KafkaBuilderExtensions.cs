using Aspire.Hosting.ApplicationModel;
using Confluent.Kafka;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting;

/// <summary>A Kafka broker in a container.</summary>
public class KafkaServerResource(string name) : ContainerResource(name), IResourceWithConnectionString
{
    internal const string PrimaryEndpointName = "tcp";
    internal const string InternalEndpointName = "internal";

    /// <summary>Where processes of this machine reach the broker.</summary>
    public EndpointReference PrimaryEndpoint =>
        field ??= new(this, PrimaryEndpointName, KnownNetworkIdentifiers.LocalhostNetwork);

    /// <summary>Where other containers reach the broker.</summary>
    public EndpointReference InternalEndpoint =>
        field ??= new(this, InternalEndpointName, KnownNetworkIdentifiers.DefaultAspireContainerNetwork);

    /// <summary>The bootstrap server, host:port.</summary>
    public ReferenceExpression ConnectionStringExpression =>
        ReferenceExpression.Create($"{PrimaryEndpoint.Property(EndpointProperty.HostAndPort)}");
}

/// <summary>The admin page of <see cref="KafkaBuilderExtensions.WithKafkaUI"/>.</summary>
public sealed class KafkaUIContainerResource(string name) : ContainerResource(name);

/// <summary>Adds Kafka to an AppHost.</summary>
public static class KafkaBuilderExtensions
{
    const int BrokerPort = 9092, InternalPort = 9093, UserInterfacePort = 8080;
    const string Data = "/var/lib/kafka/data";

    /// <summary>Adds one broker (KRaft), healthy when it answers.</summary>
    public static IResourceBuilder<KafkaServerResource> AddKafka(
        this IDistributedApplicationBuilder builder, string name, int? port = null)
    {
        KafkaServerResource kafka = new(name);
        string? brokers = null;
        builder.Eventing.Subscribe<ConnectionStringAvailableEvent>(kafka, async (_, ct) =>
            brokers = await kafka.ConnectionStringExpression.GetValueAsync(ct));
        var check = $"{name}_check";
        builder.Services.AddHealthChecks().Add(new(check, _ => new BrokerAnswers(() => brokers), null, null));
        return builder.AddResource(kafka)
            .WithEndpoint(targetPort: BrokerPort, port: port, name: KafkaServerResource.PrimaryEndpointName)
            .WithEndpoint(targetPort: InternalPort, name: KafkaServerResource.InternalEndpointName)
            .WithImage("confluentinc/confluent-local", "8.2.0")
            .WithImageRegistry("docker.io")
            .WithIconName("MailMultiple")
            .WithEnvironment(context => Listen(context, kafka))
            .WithHealthCheck(check);
    }

    /// <summary>Keeps the data in a volume.</summary>
    public static IResourceBuilder<KafkaServerResource> WithDataVolume(
        this IResourceBuilder<KafkaServerResource> builder, string? name = null) =>
        builder.WithEnvironment("KAFKA_LOG_DIRS", Data)
            .WithVolume(name ?? VolumeNameGenerator.Generate(builder, "data"), Data);

    /// <summary>Adds a page to look into the broker; not published.</summary>
    public static IResourceBuilder<KafkaServerResource> WithKafkaUI(this IResourceBuilder<KafkaServerResource> builder)
    {
        var kafka = builder.Resource;
        builder.ApplicationBuilder.AddResource(new KafkaUIContainerResource("kafka-ui"))
            .WithImage("kafbat/kafka-ui", "v1.5.0")
            .WithImageRegistry("docker.io")
            .WithIconName("WindowDatabase")
            .WithHttpEndpoint(targetPort: UserInterfacePort)
            .WithEnvironment("KAFKA_CLUSTERS_0_NAME", kafka.Name)
            .WithEnvironment("KAFKA_CLUSTERS_0_BOOTSTRAPSERVERS",
                $"{kafka.Name}:{kafka.InternalEndpoint.Property(EndpointProperty.TargetPort)}")
            .ExcludeFromManifest();
        return builder;
    }

    // the broker tells every client where to go on: this machine, a container, or itself
    static void Listen(EnvironmentCallbackContext context, KafkaServerResource kafka)
    {
        var variables = context.EnvironmentVariables;
        variables["KAFKA_LISTENERS"] = "PLAINTEXT://localhost:29092,CONTROLLER://localhost:29093,"
            + $"PLAINTEXT_HOST://0.0.0.0:{BrokerPort},PLAINTEXT_INTERNAL://0.0.0.0:{InternalPort}";
        variables["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"] =
            "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PLAINTEXT_HOST:PLAINTEXT,PLAINTEXT_INTERNAL:PLAINTEXT";
        var (host, inside) = (kafka.PrimaryEndpoint, kafka.InternalEndpoint);
        variables["KAFKA_ADVERTISED_LISTENERS"] = ReferenceExpression.Create(
            $"PLAINTEXT://localhost:29092,PLAINTEXT_HOST://localhost:{host.Property(EndpointProperty.Port)},"
                + $"PLAINTEXT_INTERNAL://{kafka.Name}:{inside.Property(EndpointProperty.TargetPort)}");
    }

    sealed class BrokerAnswers(Func<string?> brokers) : IHealthCheck
    {
        static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

        public Task<HealthCheckResult> CheckHealthAsync(
            HealthCheckContext context, CancellationToken cancellationToken = default) => Task.Run(() =>
        {
            if (brokers() is not { } servers) return HealthCheckResult.Unhealthy("The broker has no address yet.");
            try
            {
                using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = servers })
                    .SetLogHandler((_, _) => { }).Build();
                return admin.GetMetadata(Patience).Brokers.Count > 0
                    ? HealthCheckResult.Healthy()
                    : HealthCheckResult.Unhealthy("No broker.");
            }
            catch (KafkaException e)
            {
                return HealthCheckResult.Unhealthy(e.Error.Reason);
            }
        }, cancellationToken);
    }
}
