using Yarp.ReverseProxy.Forwarder;

namespace CarShare.Gateway;

/// <summary>
/// Asks again when an instance died before it answered: nobody has to know that one was replaced or lost. Only what may
/// be done twice is: reading, and a POST whose key makes a service repeat its first answer.
/// </summary>
static class Unanswered
{
    const string Key = "Idempotency-Key";

    // as long as a balancer takes to notice, and less than anybody should wait for what is away
    static readonly TimeSpan[] Pauses =
        [TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(150), TimeSpan.FromMilliseconds(400)];

    public static async Task Handle(HttpContext http, RequestDelegate next)
    {
        var isRepeatable = IsRepeatable(http.Request);
        // kept in memory: the body is at most one MiB, and there may be no disk to write to
        if (isRepeatable && !HttpMethods.IsGet(http.Request.Method)) http.Request.EnableBuffering(int.MaxValue);
        var proxy = http.GetReverseProxyFeature();
        var destinations = proxy.AvailableDestinations;
        await next(http);
        foreach (var pause in Pauses)
        {
            if (!isRepeatable || !IsUnanswered(http)) return;
            await Task.Delay(pause, http.RequestAborted);
            var others = destinations.Where(destination => destination != proxy.ProxiedDestination).ToList();
            proxy.AvailableDestinations = others.Count > 0 ? others : destinations;
            http.Features.Set<IForwarderErrorFeature>(null);
            http.Response.Clear();
            if (http.Request.Body.CanSeek) http.Request.Body.Position = 0;
            await next(http);
        }
    }

    static bool IsRepeatable(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) || (HttpMethods.IsPost(request.Method) && request.Headers.ContainsKey(Key));

    static bool IsUnanswered(HttpContext http) =>
        !http.Response.HasStarted && !http.RequestAborted.IsCancellationRequested
        && http.GetForwarderErrorFeature()?.Error is ForwarderError.Request or ForwarderError.RequestBodyDestination;
}
