namespace CarShare.AppHost.Azure;

/// <summary>
/// PostgreSQL, Kafka and Redis as Azure offers them, reached from the services' own network only. Each may be one that
/// is there already: its parameter names it, and is "new" by default.
/// </summary>
static class Cloud
{
    const string New = "new";

    public static Infrastructure AddCloud(this IDistributedApplicationBuilder builder)
    {
        // the empty value asks azd for who deploys, and tells it that the environment is made here
        var cloud = builder.AddModule("cloud", "cloud.module.bicep").With("userPrincipalId", "");
        var (postgres, addDatabase) = builder.AddPostgres(cloud);
        var (kafka, redis) = (builder.AddKafka(cloud), builder.AddRedis(cloud));
        return new(postgres, addDatabase, kafka, redis, builder.AddPublishedIdentity());
    }

    static (IResourceBuilder<IResource>, Func<string, IResourceBuilder<IResourceWithConnectionString>>) AddPostgres(
        this IDistributedApplicationBuilder builder, BicepModule cloud)
    {
        var databases = new List<string>();
        var module = builder.AddStore("postgres", cloud)
            .With("host", builder.AddChoice("postgresHost", New))
            .With("user", builder.AddChoice("postgresUser", "carshare"))
            .With("password", builder.AddOwnSecret("postgresPassword"))
            .With("databases", databases);
        return (builder.CreateResourceBuilder(module), name =>
        {
            databases.Add(name);
            return builder.AddConnection(name, new VaultSecret(cloud, $"connectionstrings-{name}"));
        }
        );
    }

    static IResourceBuilder<CloudStore> AddRedis(this IDistributedApplicationBuilder builder, BicepModule cloud)
    {
        builder.AddStore("redis-server", cloud)
            .With("host", builder.AddChoice("redisHost", New))
            .With("password", builder.AddOwnSecret("redisPassword"));
        return builder.AddConnection("redis", new VaultSecret(cloud, "connectionstrings-redis"));
    }

    static IResourceBuilder<CloudStore> AddKafka(this IDistributedApplicationBuilder builder, BicepModule cloud)
    {
        var module = builder.AddStore("broker", cloud)
            .With("bootstrapServers", builder.AddChoice("kafkaBootstrapServers", New))
            .With("user", builder.AddChoice("kafkaUser", "carshare"))
            .With("password", builder.AddOwnSecret("kafkaPassword"));
        var servers = ReferenceExpression.Create($"{module.Output("BOOTSTRAP_SERVERS")}");
        return builder.AddResource(new CloudStore("kafka", servers)).ExcludeFromManifest();
    }

    /// <summary>Managed brokers ask for TLS and a password: settings as the kernel binds them.</summary>
    public static void LogInToKafka(IDictionary<string, object> environment, BicepModule cloud, bool mayMakeTopics)
    {
        var password = mayMakeTopics ? "kafka-manager-password" : "kafka-password";
        foreach (var client in (string[])["Producer", "Consumer"])
        {
            var prefix = $"Aspire__Confluent__Kafka__{client}__Config__";
            environment[$"{prefix}SecurityProtocol"] = "SaslSsl";
            environment[$"{prefix}SaslMechanism"] = "Plain";
            environment[$"{prefix}SaslUsername"] = new VaultSecret(cloud, "kafka-user");
            environment[$"{prefix}SaslPassword"] = new VaultSecret(cloud, password);
        }
    }

    public static BicepModule AddModule(this IDistributedApplicationBuilder builder, string name, string file)
    {
        var module = new BicepModule(name, file);
        builder.AddResource(module).WithManifestPublishingCallback(module.Write);
        return module;
    }

    static BicepModule AddStore(this IDistributedApplicationBuilder builder, string name, BicepModule cloud) => builder
        .AddModule(name, $"{name switch { "redis-server" => "redis", "broker" => "kafka", _ => name }}.module.bicep")
        .With("networkId", cloud.Output("NETWORK_ID"))
        .With("subnetId", cloud.Output("STORES_SUBNET_ID"))
        .With("vaultName", cloud.Output("VAULT_NAME"));

    static IResourceBuilder<CloudStore> AddConnection(
        this IDistributedApplicationBuilder builder, string name, VaultSecret secret) =>
        builder.AddResource(new CloudStore(name, ReferenceExpression.Create($"{secret}"))).ExcludeFromManifest();

    // no dash in its name: azd makes an output of it, and a dash there is a minus
    static ParameterResource AddChoice(this IDistributedApplicationBuilder builder, string name, string value) =>
        builder.AddParameter(name, value, publishValueAsDefault: true).Resource;

    // made up by azd at the first deployment, unless it is given
    static ParameterResource AddOwnSecret(this IDistributedApplicationBuilder builder, string name) =>
        builder.AddParameter(name, new GenerateParameterDefault { MinLength = 32, Special = false }, secret: true)
            .WithAnnotation(new KeptByItsModule()).Resource;
}

/// <summary>A secret parameter that a module puts into the vault itself.</summary>
sealed class KeptByItsModule : IResourceAnnotation;
