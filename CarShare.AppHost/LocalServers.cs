using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CarShare.AppHost;

static class LocalServers
{
    public static Infrastructure AddLocalServers(this IDistributedApplicationBuilder builder)
    {
        var run = RunSettings.Of(builder);
        var secrets = new LocalSecrets(run.Data);
        var postgresPassword = builder.AddParameter("postgres-password", secrets["postgres"], secret: true);
        var redisPassword = builder.AddParameter("redis-password", secrets["redis"], secret: true);
        var databases = new List<LocalDatabase>();

        var postgres = builder.AddLocalServer(run, "postgres", 15432, port =>
            new PostgresAnswers(port, secrets["postgres"]), tcp => ReferenceExpression.Create(
                $"Host={tcp.Property(EndpointProperty.Host)};Port={tcp.Property(EndpointProperty.Port)};"
                + $"Username=postgres;Password={postgresPassword}"))
            .WithEnvironment("PASSWORD", postgresPassword)
            .WithEnvironment("ROLES", () =>
                string.Join(' ', databases.Select(database => $"{database.Name}={secrets[database.Name]}")))
            .WithIconName("DatabaseMultiple");
        var redis = builder.AddLocalServer(
            run, "redis", 16379, port => new RedisAnswers(port, secrets["redis"]), tcp => ReferenceExpression.Create(
                    $"{tcp.Property(EndpointProperty.HostAndPort)},password={redisPassword}"))
            .WithEnvironment("PASSWORD", redisPassword)
            .WithIconName("Memory");
        var brokers = builder.Replicas("kafka") ?? 1;
        if (brokers > 1 && (brokers != 3 || builder.Chosen("CARSHARE_KAFKA_HOME") is null))
            throw new DistributedApplicationException(
                $"Replicas:kafka is '{brokers}': it may be 1, or 3 of the real Kafka that CARSHARE_KAFKA_HOME names.");
        var kafka = builder.AddLocalServer(run, "kafka", 19092, port => new PortAnswers(port), tcp => brokers < 3
                ? ReferenceExpression.Create($"{tcp.Property(EndpointProperty.HostAndPort)}")
                : ThreeBrokers(tcp.Property(EndpointProperty.Port)))
            .WithEnvironment("REPLICAS", () => $"{brokers}")
            .WithIconName("MailMultiple");
        return new(postgres, AddDatabase, kafka, redis, builder.AddLocalIdentity());

        IResourceBuilder<IResourceWithConnectionString> AddDatabase(string name)
        {
            var database = new LocalDatabase(name, postgres.Resource,
                builder.AddParameter($"{name}-password", secrets[name], secret: true).Resource);
            databases.Add(database);
            return builder.AddResource(database).WithIconName("Database").WithInitialState(new()
            {
                ResourceType = "Database",
                Properties = [],
                State = KnownResourceStates.Running,
            });
        }
    }

    static ReferenceExpression ThreeBrokers(EndpointReferenceExpression port) =>
        ReferenceExpression.Create($"127.0.0.1:{port},127.0.0.2:{port},127.0.0.3:{port}");

    static IResourceBuilder<LocalServer> AddLocalServer(
        this IDistributedApplicationBuilder builder, RunSettings run, string name, int fixedPort,
        Func<int, IHealthCheck> answers,
        Func<EndpointReference, ReferenceExpression> connectionString)
    {
        var port = run.Port(name, fixedPort);
        var check = $"{name}-answers";
        builder.Services.AddHealthChecks().AddCheck(check, answers(port));
        var server = new LocalServer(
            name, $"{name}.sh", Path.GetFullPath(Path.Combine(builder.AppHostDirectory, "../local")), connectionString);
        return builder.AddResource(server)
            .WithArgs(server.Script)
            .WithEndpoint(port: port, targetPort: port, scheme: "tcp", name: "tcp", env: "PORT", isProxied: false)
            .WithEnvironment("DATA", Path.Combine(run.Data, name))
            .WithHealthCheck(check);
    }
}
