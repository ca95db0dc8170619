namespace CarShare.AppHost.Azure;

/// <summary>What azd is told about the services: an entry of the manifest for each, all by one module.</summary>
static class Publishing
{
    /// <summary>Where the modules are.</summary>
    public static string Folder { get; private set; } = "";

    /// <summary>Call it when everything else is there. Does nothing unless a manifest is asked for.</summary>
    public static void PublishToAzure(this IDistributedApplicationBuilder builder)
    {
        if (!builder.ExecutionContext.IsPublishMode) return;
        Folder = Path.Combine(builder.AppHostDirectory, "Azure");
        var cloud = builder.Resources.OfType<BicepModule>().Single(module => module.Name == "cloud");
        var parameters = builder.Resources.OfType<ParameterResource>().Where(parameter => parameter.Secret);
        foreach (var secret in parameters.Where(secret => !secret.HasAnnotationOfType<KeptByItsModule>()).ToList())
            builder.AddModule($"{secret.Name}-in-vault", "secret.module.bicep")
                .With("vaultName", cloud.Output("VAULT_NAME")).With("name", secret.Name).With("value", secret);
        foreach (var project in builder.Resources.OfType<ProjectResource>())
        {
            var deployment = new Deployment(project, cloud);
            builder.CreateResourceBuilder(project)
                .WithEnvironment(context => deployment.AddEnvironment(context.EnvironmentVariables))
                .WithManifestPublishingCallback(deployment.Write);
        }
    }
}
