using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Processes;

/// <summary>Asks one instance how it is, often until it is healthy for the first time, then every second.</summary>
sealed class HealthMonitor(ResourceInstance instance, HealthCheckService checks)
{
    static readonly TimeSpan Eager = TimeSpan.FromMilliseconds(250);
    static readonly TimeSpan Steady = TimeSpan.FromSeconds(1);
    static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(3) };

    readonly HttpCheckAnnotation[] paths = [.. instance.Resource.Annotations.OfType<HttpCheckAnnotation>()];
    readonly HashSet<string> keys = [.. instance.Resource.Annotations.OfType<HealthCheckAnnotation>().Select(a => a.Key)];

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var healthyOnce = false;
        try
        {
            while (true)
            {
                var health = await AskAsync(cancellationToken);
                instance.Report(health);
                if (paths.Length == 0 && keys.Count == 0) return;
                healthyOnce |= health == HealthStatus.Healthy;
                await Task.Delay(healthyOnce ? Steady : Eager, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // the instance ended
        }
    }

    async Task<HealthStatus> AskAsync(CancellationToken cancellationToken)
    {
        foreach (var path in paths)
            if (!await AnswersAsync(path, cancellationToken)) return HealthStatus.Unhealthy;
        if (keys.Count == 0) return HealthStatus.Healthy;
        return (await checks.CheckHealthAsync(registration => keys.Contains(registration.Name), cancellationToken)).Status;
    }

    async Task<bool> AnswersAsync(HttpCheckAnnotation check, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await Http.GetAsync(
                new Uri($"http://127.0.0.1:{instance.TargetPorts[check.EndpointName]}{check.Path}"), HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return (int)answer.StatusCode == check.StatusCode;
        }
        catch (Exception e) when (e is HttpRequestException || (e is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }
}
