using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

public class DistributedApplicationException : Exception
{
    public DistributedApplicationException(string message) : base(message) { }
    public DistributedApplicationException(string message, Exception inner) : base(message, inner) { }
}

public class DistributedApplicationExecutionContext(bool isPublishMode)
{
    public bool IsPublishMode => isPublishMode;
    public bool IsRunMode => !isPublishMode;
}

public class DistributedApplication(IHost host) : IHost, IAsyncDisposable
{
    bool running;

    public IServiceProvider Services => host.Services;
    public ResourceNotificationService ResourceNotifications { get; } = host.Services.GetRequiredService<ResourceNotificationService>();
    public ResourceCommandService ResourceCommands => host.Services.GetRequiredService<ResourceCommandService>();

    public static IDistributedApplicationBuilder CreateBuilder(string[] args) => new DistributedApplicationBuilder(args);

    public virtual async Task StartAsync(CancellationToken cancellationToken = default)
    {
        running = true;
        await host.StartAsync(cancellationToken);
    }

    public virtual async Task StopAsync(CancellationToken cancellationToken = default)
    {
        running = false;
        await host.StopAsync(cancellationToken);
    }

    /// <summary>Starts everything, waits for Ctrl+C or SIGTERM, stops everything.</summary>
    public virtual async Task RunAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            await host.RunAsync(cancellationToken);
        }
        catch (DistributedApplicationException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            Environment.ExitCode = 1;
        }
    }

    public void Run() => RunAsync().GetAwaiter().GetResult();

    public virtual void Dispose()
    {
        DisposeAsync().AsTask().GetAwaiter().GetResult();
        GC.SuppressFinalize(this);
    }

    public virtual async ValueTask DisposeAsync()
    {
        if (running) await StopAsync();
        await ((IAsyncDisposable)host).DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
