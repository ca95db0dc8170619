using System.Security.Cryptography;

namespace CarShare.AppHost;

/// <summary>Who issues the tokens. In a published system it exists already, and only its authority (the issuer) is known here.</summary>
sealed record Identity(ReferenceExpression Authority, IResourceBuilder<IResourceWithEnvironment>? Server);

static class IdentityExtensions
{
    const int FixedPort = 8090;
    const string RealmFolder = "../identity";
    const string Realm = "carshare";

    public static Identity AddLocalIdentity(this IDistributedApplicationBuilder builder)
    {
        var run = RunSettings.Of(builder);
        var port = run.Port("identity", FixedPort);
        var server = builder.AddProject<Projects.CarShare_LocalIdentity>("identity", launchProfileName: null)
            .WithHttpEndpoint(port: port, targetPort: port, name: "http", env: "PORT", isProxied: false)
            .WithEnvironment("REALM", Path.GetFullPath(Path.Combine(builder.AppHostDirectory, RealmFolder, $"{Realm}-realm.json")))
            .WithEnvironment("DATA", Path.Combine(run.Data, "identity"))
            .WithHttpHealthCheck("/health")
            .WithSettings();
        return new(AuthorityOf(server.GetEndpoint("http")), server);
    }

    public static Identity AddKeycloakIdentity(this IDistributedApplicationBuilder builder)
    {
        if (builder.ExecutionContext.IsPublishMode) return new(ReferenceExpression.Create($"{builder.AddParameter("identity-authority").Resource}"), null);
        // no data volume: the realm is imported anew with the secrets of this run
        var server = builder.AddKeycloak("identity", RunSettings.Of(builder).FreePorts ? null : FixedPort).WithRealmImport(RealmFolder);
        return new(AuthorityOf(server.GetEndpoint("http")), server);
    }

    /// <summary>Lets a resource check tokens.</summary>
    public static IResourceBuilder<ProjectResource> WithTokens(this IResourceBuilder<ProjectResource> project, Identity identity) =>
        project.WithEnvironment("Authentication__Authority", identity.Authority);

    /// <summary>Lets a service check tokens and get its own, as the client of its name; the secret is a new one at each start.</summary>
    public static IResourceBuilder<ProjectResource> WithClient(this IResourceBuilder<ProjectResource> project, Identity identity)
    {
        var (builder, name) = (project.ApplicationBuilder, project.Resource.Name);
        var secret = builder.ExecutionContext.IsPublishMode
            ? builder.AddParameter($"{name}-client-secret", secret: true)
            : builder.AddParameter($"{name}-client-secret", RandomNumberGenerator.GetHexString(32), secret: true);
        identity.Server?.WithEnvironment($"{name.ToUpperInvariant()}_CLIENT_SECRET", secret);
        return project.WithTokens(identity).WithEnvironment("Authentication__ClientId", name).WithEnvironment("Authentication__ClientSecret", secret);
    }

    // http, or https where Keycloak found a trusted development certificate
    static ReferenceExpression AuthorityOf(EndpointReference endpoint) => ReferenceExpression.Create($"{endpoint}/realms/{Realm}");
}
