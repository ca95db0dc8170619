using System.ComponentModel;
using CarShare.CustomerPages.Data;
using CarShare.ServiceDefaults;
using CarShare.ServiceDefaults.Requests;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace CarShare.CustomerPages.Features;

/// <summary>
/// Server-sent events: the newest pages first, then every page that changes, whole. A client that connects again with
/// <c>Last-Event-ID</c> gets what has changed since. The stream ends with the token it was opened with.
/// </summary>
public static class StreamPages
{
    // A refusal would end a browser's stream for good; everything sent again is right whatever was seen.
    const string ResumePoint = "The id of the last event that was seen. One that was never sent here is that of "
        + "somebody who has seen nothing: the newest pages are sent again.";

    public static void Map(RouteGroupBuilder pages) =>
        pages.MapGet("/stream", Handle).Produces<string>(StatusCodes.Status200OK, "text/event-stream")
            .ProducesProblem(StatusCodes.Status404NotFound).DisableHttpMetrics();

    static async Task<Results<EmptyHttpResult, RefusedHttpResult>> Handle(
        string? customerId, [FromHeader(Name = "Last-Event-ID"), Description(ResumePoint)] string? lastEventId,
        CurrentUser user, RedisStore store, PageReader pages,
        IOptions<CustomerPagesOptions> options, IHostApplicationLifetime lifetime, TimeProvider clock, HttpContext http)
    {
        if (Access.TryChoose(user, customerId, out var customer) is { } refusal) return refusal.ToProblem();
        if (http.IsHeadOnly())
        {
            http.Response.ContentType = "text/event-stream";
            return TypedResults.Empty;
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(
            http.RequestAborted, lifetime.ApplicationStopping);
        end.CancelAfter(CurrentUser.TokenLife(http.User, clock));
        var changes = new ChangedPages(options.Value.MostWaitingChanges);
        // Listening before reading: what changes in between is sent twice rather than not at all.
        await using var subscription = await store.Subscribe($"changes:{{{customer}}}", changes.Add, end.Token);
        var stream = new PageStream(http.Response, customer, pages, changes, options.Value.Heartbeat);
        stream.Resume(lastEventId);
        try
        {
            await stream.SendNewest(end.Token);
            await stream.Run(end.Token);
        }
        catch (Exception e)
            when (end.IsCancellationRequested || (http.Response.HasStarted && RedisStore.IsUnavailable(e)))
        {
            // The client left, its token has expired, the service stops, or Redis is away: the stream ends and a client
            // that still wants it connects again.
        }

        return TypedResults.Empty;
    }
}
