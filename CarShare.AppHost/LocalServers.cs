using Microsoft.Extensions.DependencyInjection;

namespace CarShare.AppHost;

static class LocalServers
{
    public static Infrastructure AddLocalServers(this IDistributedApplicationBuilder builder)
    {
        var run = RunSettings.Of(builder);
        var postgres = builder.AddLocalServer(run, "postgres", 15432, PostgresGreeting.Instance,
            tcp => ReferenceExpression.Create($"Host={tcp.Property(EndpointProperty.Host)};Port={tcp.Property(EndpointProperty.Port)};Username=postgres"));
        var redis = builder.AddLocalServer(run, "redis", 16379, RedisGreeting.Instance, tcp => ReferenceExpression.Create($"{tcp.Property(EndpointProperty.HostAndPort)}"));
        var kafka = builder.AddLocalServer(run, "kafka", 19092, null, tcp => ReferenceExpression.Create($"{tcp.Property(EndpointProperty.HostAndPort)}"));
        return new(postgres, name => builder.AddResource(new LocalDatabase(name, postgres.Resource)), kafka, redis, builder.AddLocalIdentity());
    }

    static IResourceBuilder<LocalServer> AddLocalServer(
        this IDistributedApplicationBuilder builder, RunSettings run, string name, int fixedPort, Greeting? greeting, Func<EndpointReference, ReferenceExpression> connectionString)
    {
        var port = run.Port(name, fixedPort);
        var check = $"{name}-answers";
        builder.Services.AddHealthChecks().AddCheck(check, new LocalServerCheck(port, greeting));
        var server = new LocalServer(name, $"{name}.sh", Path.GetFullPath(Path.Combine(builder.AppHostDirectory, "../local")), connectionString);
        return builder.AddResource(server)
            .WithArgs(server.Script)
            .WithEndpoint(port: port, targetPort: port, scheme: "tcp", name: "tcp", env: "PORT", isProxied: false)
            .WithEnvironment("DATA", Path.Combine(run.Data, name))
            .WithHealthCheck(check);
    }
}
