using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Processes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting;

public interface IDistributedApplicationBuilder
{
    ConfigurationManager Configuration { get; }
    string AppHostDirectory { get; }
    Assembly? AppHostAssembly { get; }
    IHostEnvironment Environment { get; }
    IServiceCollection Services { get; }
    DistributedApplicationExecutionContext ExecutionContext { get; }
    IResourceCollection Resources { get; }
    IResourceBuilder<T> AddResource<T>(T resource) where T : IResource;
    IResourceBuilder<T> CreateResourceBuilder<T>(T resource) where T : IResource;
    DistributedApplication Build();
}

public class DistributedApplicationBuilder : IDistributedApplicationBuilder
{
    readonly HostApplicationBuilder inner;

    public DistributedApplicationBuilder(string[] args)
    {
        Interception = BuilderInterception.Current;
        AppHostAssembly = Interception?.EntryPoint ?? Assembly.GetEntryAssembly();
        AppHostDirectory = AppHostAssembly?.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(a => a.Key == "AppHostProjectPath")?.Value
            ?? Directory.GetCurrentDirectory();

        var settings = new HostApplicationBuilderSettings
        {
            Args = args,
            ContentRootPath = AppHostDirectory,
            ApplicationName = AppHostAssembly?.GetName().Name,
            Configuration = new(),
        };
        Interception?.Configure(settings, AppHostDirectory);
        inner = new(settings);
        inner.Logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
        inner.Logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
        inner.Logging.AddFilter("System.Net.Http", LogLevel.Warning);
        // a failed start is told in one sentence, by RunAsync
        inner.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);

        ExecutionContext = new(string.Equals(Configuration["operation"], "publish", StringComparison.OrdinalIgnoreCase));
        inner.Services.AddSingleton(ExecutionContext);
        inner.Services.AddSingleton(Resources);
        inner.Services.AddSingleton<DistributedApplicationModel>();
        inner.Services.AddSingleton<ResourceNotificationService>();
        inner.Services.AddSingleton<ResourceLoggerService>();
        inner.Services.AddSingleton<ProcessHost>();
        inner.Services.AddSingleton(services => new ResourceCommandService(services.GetRequiredService<ProcessHost>()));
        inner.Services.AddHostedService(services => services.GetRequiredService<ProcessHost>());
        inner.Services.AddHttpClient();
        inner.Services.AddHealthChecks();
        // checks are asked for by the host, resource by resource; nobody needs them published on a timer as well
        inner.Services.Configure<HealthCheckPublisherOptions>(o => o.Period = TimeSpan.FromDays(1));
        inner.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(60));
    }

    internal BuilderInterception? Interception { get; }

    public ConfigurationManager Configuration => inner.Configuration;
    public string AppHostDirectory { get; }
    public Assembly? AppHostAssembly { get; }
    public IHostEnvironment Environment => inner.Environment;
    public IServiceCollection Services => inner.Services;
    public DistributedApplicationExecutionContext ExecutionContext { get; }
    public IResourceCollection Resources { get; } = new ResourceCollection();

    public IResourceBuilder<T> AddResource<T>(T resource) where T : IResource
    {
        Resources.Add(resource);
        return CreateResourceBuilder(resource);
    }

    public IResourceBuilder<T> CreateResourceBuilder<T>(T resource) where T : IResource => new ResourceBuilder<T>(this, resource);

    public DistributedApplication Build()
    {
        Interception?.Building(this);
        var app = new DistributedApplication(inner.Build());
        Interception?.Built(app);
        return app;
    }
}
