using Microsoft.Extensions.DependencyInjection;

namespace CarShare.Gateway;

/// <summary>The gateway's own questions to the services, beside what it passes on.</summary>
static class Backstage
{
    internal const string ClientName = "backstage";

    /// <summary>
    /// Less than the web waits for the gateway: what several services are asked for comes without the one that is away.
    /// </summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    internal static void AddBackstage(this IServiceCollection services)
    {
        services.AddHttpClient(ClientName, client => client.Timeout = TimeSpan.FromSeconds(3))
            .UseSocketsHttpHandler((handler, _) =>
                (handler.AllowAutoRedirect, handler.ConnectTimeout) = (false, TimeSpan.FromSeconds(1)))
            .AddServiceDiscovery();
        services.AddSingleton<Document>();
        services.AddSingleton<Overview>().AddHostedService(all => all.GetRequiredService<Overview>());
    }

    /// <summary>True when the service did not answer, or not as it should; false when the caller has gone.</summary>
    internal static bool IsAway(Exception e, CancellationToken ct) =>
        !ct.IsCancellationRequested
            && e is HttpRequestException or TaskCanceledException or System.Text.Json.JsonException;
}
