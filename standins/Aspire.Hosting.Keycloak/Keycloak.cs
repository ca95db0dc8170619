using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.ApplicationModel
{
    public sealed class KeycloakResource(string name) : ContainerResource(name), IResourceWithServiceDiscovery;
}

namespace Aspire.Hosting
{
    public static class KeycloakResourceBuilderExtensions
    {
        public static IResourceBuilder<KeycloakResource> AddKeycloak(
            this IDistributedApplicationBuilder builder, string name, int? port = null, IResourceBuilder<ParameterResource>? adminUsername = null,
            IResourceBuilder<ParameterResource>? adminPassword = null) =>
            builder.AddResource(new KeycloakResource(name)).WithHttpEndpoint(port: port, targetPort: 8080);

        public static IResourceBuilder<KeycloakResource> WithRealmImport(this IResourceBuilder<KeycloakResource> builder, string import) => builder;
    }
}
