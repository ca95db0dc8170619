using System.Net.Http.Headers;

namespace CarShare.Tests;

/// <summary>
/// Sends a token with every request that brings none of its own. The token is fetched when it is needed first.
/// </summary>
public sealed class BearerHandler(Func<Task<string>> token) : DelegatingHandler
{
    public static HttpClient ClientOf(Uri address, Func<Task<string>> token) =>
        new(new BearerHandler(token) { InnerHandler = new SocketsHttpHandler() }) { BaseAddress = address };

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.Authorization ??= new AuthenticationHeaderValue("Bearer", await token());
        return await base.SendAsync(request, cancellationToken);
    }
}
