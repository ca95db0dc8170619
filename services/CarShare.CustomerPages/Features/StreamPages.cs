using CarShare.CustomerPages.Data;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace CarShare.CustomerPages.Features;

/// <summary>Server-sent events: the newest pages first, then every page that changes, whole. A client that connects again gets the newest pages again, so nothing need be remembered for it.</summary>
public static class StreamPages
{
    public static void Map(RouteGroupBuilder pages) =>
        pages.MapGet("/stream", Handle).Produces<string>(StatusCodes.Status200OK, "text/event-stream").DisableHttpMetrics();

    static async Task<Results<EmptyHttpResult, ProblemHttpResult>> Handle(
        string? customerId, CurrentUser user, RedisStore store, PageReader pages, IOptions<CustomerPagesOptions> options, IHostApplicationLifetime lifetime, HttpContext http)
    {
        if (Access.TryChoose(user, customerId, out var customer) is { } problem) return problem;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        var changes = new ChangedPages(options.Value.MostWaitingChanges);
        // Listening before reading: what changes in between is sent twice rather than not at all.
        await using var subscription = await store.Subscribe($"changes:{{{customer}}}", changes.Add, end.Token);
        var stream = new PageStream(http.Response, customer, pages, changes, options.Value.Heartbeat);
        await stream.SendNews(end.Token);
        try
        {
            await stream.Run(end.Token);
        }
        catch (Exception e) when (e is OperationCanceledException || RedisStore.IsUnavailable(e))
        {
            // The client left, the service stops, or Redis is away: the stream ends and a client that still wants it connects again.
        }

        return TypedResults.Empty;
    }
}
