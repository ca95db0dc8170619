#pragma warning disable ASPIRECERTIFICATES001 // certificates of containers are an experimental API

using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.ApplicationModel
{
    /// <summary>Keycloak in a container.</summary>
    public sealed class KeycloakResource(string name, ParameterResource adminPassword)
        : ContainerResource(name), IResourceWithServiceDiscovery
    {
        /// <summary>The password of the user <c>admin</c>.</summary>
        public ParameterResource AdminPasswordParameter => adminPassword;
    }
}

namespace Aspire.Hosting
{
    /// <summary>Adds Keycloak to an AppHost.</summary>
    public static class KeycloakResourceBuilderExtensions
    {
        const int HttpPort = 8080, HttpsPort = 8443, ManagementPort = 9000, ContainerUser = 1000;
        const string Http = "http", Management = "management";

        /// <summary>
        /// Adds Keycloak in development mode, ready when its own readiness says so; https where a development
        /// certificate is trusted.
        /// </summary>
        public static IResourceBuilder<KeycloakResource> AddKeycloak(
            this IDistributedApplicationBuilder builder, string name, int? port = null)
        {
            var password = ParameterResourceBuilderExtensions.CreateDefaultPasswordParameter(
                builder, $"{name}-password");
            var keycloak = builder.AddResource(new KeycloakResource(name, password))
                .WithImage("keycloak/keycloak", "26.6")
                .WithImageRegistry("quay.io")
                .WithIconName("PersonLock")
                .WithHttpEndpoint(port: port, targetPort: HttpPort, name: Http)
                .WithHttpEndpoint(targetPort: ManagementPort, name: Management)
                .WithEndpoint(Management, endpoint => endpoint.ExcludeReferenceEndpoint = true)
                .WithHttpHealthCheck(endpointName: Management, path: "/health/ready")
                .WithEnvironment("KC_BOOTSTRAP_ADMIN_USERNAME", "admin")
                .WithEnvironment(context => context.EnvironmentVariables["KC_BOOTSTRAP_ADMIN_PASSWORD"] = password)
                .WithEnvironment("KC_HEALTH_ENABLED", "true")
                .WithUrlForEndpoint(Management, url => url.DisplayLocation = UrlDisplayLocation.DetailsOnly)
                .WithHttpsCertificateConfiguration(certificate =>
                {
                    certificate.EnvironmentVariables["KC_HTTPS_CERTIFICATE_FILE"] = certificate.CertificatePath;
                    certificate.EnvironmentVariables["KC_HTTPS_CERTIFICATE_KEY_FILE"] = certificate.KeyPath;
                    return Task.CompletedTask;
                });
            if (builder.ExecutionContext.IsRunMode) keycloak.SubscribeHttpsEndpointsUpdate(_ => UseHttps(keycloak));
            return keycloak.WithArgs(builder.ExecutionContext.IsRunMode ? "start-dev" : "start", "--import-realm");
        }

        /// <summary>Imports the realm files of a folder, which is relative to the AppHost's.</summary>
        public static IResourceBuilder<KeycloakResource> WithRealmImport(
            this IResourceBuilder<KeycloakResource> builder, string import) =>
            builder.WithContainerFiles(
                "/opt/keycloak/data/import", Path.GetFullPath(import, builder.ApplicationBuilder.AppHostDirectory),
                defaultOwner: ContainerUser);

        static void UseHttps(IResourceBuilder<KeycloakResource> keycloak) => keycloak
            .WithEnvironment(context =>
                context.EnvironmentVariables["KC_HTTPS_PORT"] = keycloak.GetEndpoint(Http)
                    .Property(EndpointProperty.TargetPort))
            .WithEndpoint(Http, endpoint =>
            {
                endpoint.UriScheme = "https";
                endpoint.TargetPort = HttpsPort;
            })
            .WithEndpoint(Management, endpoint => endpoint.UriScheme = "https");
    }
}
