using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Testing;

/// <summary>An AppHost's entry point on a thread of its own, held once at Build() and once more, for good, when it runs what it built.</summary>
sealed class EntryPointRun
{
    readonly TaskCompletionSource<DistributedApplicationBuilder> builder = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource<DistributedApplication> app = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly Assembly assembly;
    readonly string[] args;

    public EntryPointRun(Assembly assembly, string[] args)
    {
        (this.assembly, this.args) = (assembly, args);
        new Thread(Run) { IsBackground = true, Name = $"{assembly.GetName().Name}.EntryPoint" }.Start();
    }

    public Task<DistributedApplicationBuilder> Builder => builder.Task;

    public Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken)
    {
        goOn.TrySetResult();
        return app.Task.WaitAsync(cancellationToken);
    }

    public void Abandon()
    {
        if (!app.Task.IsCompleted) goOn.TrySetException(new EntryPointHeldException());
    }

    void Run()
    {
        BuilderInterception.Current = new()
        {
            EntryPoint = assembly,
            Configure = Configure,
            Building = made =>
            {
                builder.TrySetResult(made);
                goOn.Task.GetAwaiter().GetResult();
            },
            Built = made =>
            {
                app.TrySetResult(made);
                // the test starts and stops the application; the entry point must not do it as well
                throw new EntryPointHeldException();
            },
        };
        try
        {
            var entry = assembly.EntryPoint ?? throw new InvalidOperationException($"Assembly {assembly.GetName().Name} does not have an entry point.");
            var result = entry.Invoke(null, entry.GetParameters().Length == 0 ? null : [args]);
            if (result is Task task) task.GetAwaiter().GetResult();
            Fail(new InvalidOperationException("The entry point exited without building a DistributedApplication."));
        }
        catch (TargetInvocationException e) when (e.InnerException is EntryPointHeldException)
        {
            app.TrySetException(e.InnerException);
        }
        catch (TargetInvocationException e)
        {
            Fail(e.InnerException ?? e);
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    void Fail(Exception exception)
    {
        builder.TrySetException(exception);
        app.TrySetException(exception);
    }

    static void Configure(HostApplicationBuilderSettings settings, string appHostDirectory)
    {
        var defaults = new Dictionary<string, string?> { ["DcpPublisher:RandomizePorts"] = "true", ["ResourceLogs:Quiet"] = "true" };
        if (LaunchProfile.FirstOf(appHostDirectory) is { } profile)
        {
            foreach (var (name, value) in profile.Variables)
            {
                defaults[name] = value;
                if (name == "DOTNET_ENVIRONMENT") settings.EnvironmentName = value;
            }
        }
        settings.Configuration!.AddInMemoryCollection(defaults);
    }

    sealed class EntryPointHeldException() : Exception("The entry point of the AppHost ends here: the test has taken over what it built.");
}
