namespace CarShare.Orders.Clients;

/// <summary>
/// Innermost handler: counts how often a request really went out. An answer to the second sending says nothing about
/// the first.
/// </summary>
sealed class AttemptCounter : DelegatingHandler
{
    static readonly HttpRequestOptionsKey<int> Key = new("CarShare.Attempts");

    public static int Of(HttpRequestMessage request) => request.Options.TryGetValue(Key, out var count) ? count : 0;

    protected override Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Options.Set(Key, Of(request) + 1);
        return base.SendAsync(request, cancellationToken);
    }
}
