using System.Security.Cryptography;

namespace CarShare.AppHost;

/// <summary>
/// Who issues the tokens. In a published system it exists already, and only its authority (the issuer) is known here.
/// </summary>
sealed record Identity(
    ReferenceExpression Authority, IResourceBuilder<IResourceWithEnvironment>? Server,
    ParameterResource? Audience = null);

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
            .WithEnvironment(
                "REALM", Path.GetFullPath(Path.Combine(builder.AppHostDirectory, RealmFolder, $"{Realm}-realm.json")))
            .WithEnvironment("DATA", Path.Combine(run.Data, "identity"))
            .WithHttpHealthCheck("/health")
            .WithSettings();
        return new(AuthorityOf(server.GetEndpoint("http")), server);
    }

    public static Identity AddKeycloakIdentity(this IDistributedApplicationBuilder builder)
    {
        // no data volume: the realm is imported anew with the secrets of this run
        var server = builder.AddKeycloak("identity", RunSettings.Of(builder).FreePorts ? null : FixedPort)
            .WithImageTag(Containers.KeycloakTag)
            .WithRealmImport(RealmFolder);
        return new(AuthorityOf(server.GetEndpoint("http")), server);
    }

    /// <summary>
    /// A published system's provider is there already: Entra ID or any other that speaks OpenID Connect.
    /// </summary>
    public static Identity AddPublishedIdentity(this IDistributedApplicationBuilder builder) =>
        new(ReferenceExpression.Create($"{builder.AddParameter("identityAuthority").Resource}"), null,
            builder.AddParameter("identityAudience", "carshare", publishValueAsDefault: true).Resource);

    /// <summary>Lets a resource check tokens.</summary>
    public static IResourceBuilder<ProjectResource> WithTokens(
        this IResourceBuilder<ProjectResource> project, Identity identity)
    {
        project.WithEnvironment("Authentication__Authority", identity.Authority);
        return identity.Audience is null ? project : project.WithEnvironment(
            "Authentication__Audience", $"{identity.Audience}");
    }

    /// <summary>
    /// Lets a service check tokens and get its own, as the client of its name; the secret is a new one at each start.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithClient(
        this IResourceBuilder<ProjectResource> project, Identity identity)
    {
        var (builder, name) = (project.ApplicationBuilder, project.Resource.Name);
        if (builder.ExecutionContext.IsPublishMode)
            return project.WithTokens(identity)
                // some providers choose the name themselves
                .WithEnvironment("Authentication__ClientId", builder.AddParameter(
                    $"{name}ClientId", name, publishValueAsDefault: true))
                .WithEnvironment(
                    "Authentication__ClientSecret", builder.AddParameter($"{name}-client-secret", secret: true));
        var secret = builder.AddSecret($"{name}-client-secret");
        identity.Server?.WithEnvironment($"{name.ToUpperInvariant()}_CLIENT_SECRET", secret);
        return project.WithTokens(identity).WithEnvironment("Authentication__ClientId", name)
            .WithEnvironment("Authentication__ClientSecret", secret);
    }

    /// <summary>
    /// Where the realm's web client lives: whoever signed in is returned to this address and to no other.
    /// </summary>
    public static void ReturnsTo(this Identity identity, IResourceBuilder<ProjectResource> gateway)
    {
        // A value, not a reference: for a container that would be a tunnel's port, which no browser knows, and the
        // image of a tunnel would have to be fetched and built first.
        var port = gateway.GetEndpoint("http", KnownNetworkIdentifiers.LocalhostNetwork)
            .Property(EndpointProperty.Port);
        identity.Server?.WithEnvironment(async context => context.EnvironmentVariables["WEB_ADDRESS"] =
            $"http://localhost:{await port.GetValueAsync(context.CancellationToken)}");
    }

    /// <summary>Gives a resource a secret: a new one at each start, a parameter of a published system.</summary>
    public static IResourceBuilder<ProjectResource> WithSecret(
        this IResourceBuilder<ProjectResource> project, string variable, string name) =>
        project.WithEnvironment(variable, project.ApplicationBuilder.AddSecret(name));

    static IResourceBuilder<ParameterResource> AddSecret(this IDistributedApplicationBuilder builder, string name) =>
        builder.ExecutionContext.IsPublishMode
            ? builder.AddParameter(name, secret: true)
            : builder.AddParameter(name, RandomNumberGenerator.GetHexString(32), secret: true);

    // http, or https where Keycloak found a trusted development certificate
    static ReferenceExpression AuthorityOf(EndpointReference endpoint) =>
        ReferenceExpression.Create($"{endpoint}/realms/{Realm}");
}
