using System.Net;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using CarShare.ServiceDefaults;
using CarShare.ServiceDefaults.Requests;
using CarShare.Web.Api;
using CarShare.Web.Session;

namespace CarShare.Web.Live;

/// <summary>
/// Tells an open page that a rental of its user has changed (server-sent events). The page then asks for itself again,
/// so that
/// what is shown is made in one place only.
/// </summary>
static class LiveRentals
{
    /// <summary>The name of the client whose answers have no end.</summary>
    public const string Client = "stream";

    static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15), Retry = TimeSpan.FromSeconds(2);

    public static void MapLive(this IEndpointRouteBuilder app) => app.MapGet("/live", Handle).DisableHttpMetrics();

    static async Task<IResult> Handle(HttpContext http, CarShareApi api, IHostApplicationLifetime lifetime)
    {
        // a stream must not be sent to the login page
        if (!http.User.HasClaim("roles", SessionSetup.Customer)) return Results.NoContent();
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        if (http.IsHeadOnly()) return Results.Text("", "text/event-stream");
        return TypedResults.ServerSentEvents(Changes(api, http.RequestAborted, lifetime.ApplicationStopping));
    }

    static async IAsyncEnumerable<SseItem<string>> Changes(
        CarShareApi api, CancellationToken aborted, [EnumeratorCancellation] CancellationToken stopping)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(aborted, stopping);
        yield return new("", "open") { ReconnectionInterval = Retry };
        var changes = Read(api, end.Token).GetAsyncEnumerator(end.Token);
        await using (changes)
        {
            var next = changes.MoveNextAsync().AsTask();
            while (!end.IsCancellationRequested)
            {
                if (await Task.WhenAny(next, Task.Delay(Heartbeat, CancellationToken.None)) != next)
                {
                    yield return new("", "beat");
                    continue;
                }

                if (!await next) yield break;
                yield return new(changes.Current, "changed");
                next = changes.MoveNextAsync().AsTask();
            }
        }
    }

    /// <summary>The orders that changed; ends when the stream behind it ends or nobody listens any more.</summary>
    static async IAsyncEnumerable<string> Read(CarShareApi api, [EnumeratorCancellation] CancellationToken ct)
    {
        using var answer = await Open(api, ct);
        if (answer is not { StatusCode: HttpStatusCode.OK }) yield break;
        var events = SseParser.Create(await answer.Content.ReadAsStreamAsync(ct)).EnumerateAsync(ct)
            .GetAsyncEnumerator(ct);
        await using (events)
            while (await Next(events))
                if (events.Current.EventId?.Split(':')[0] is { Length: > 0 } order) yield return order;
    }

    static async Task<HttpResponseMessage?> Open(CarShareApi api, CancellationToken ct)
    {
        try
        {
            return await api.Stream(ct);
        }
        catch (Exception e) when (InternalClient.IsUnavailable(e) || e is OperationCanceledException)
        {
            return null;
        }
    }

    static async Task<bool> Next(IAsyncEnumerator<SseItem<string>> events)
    {
        try
        {
            return await events.MoveNextAsync();
        }
        catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException)
        {
            // the service went, or the reader: whoever still wants it connects again
            return false;
        }
    }
}
