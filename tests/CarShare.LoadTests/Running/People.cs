using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CarShare.LoadTests.Running;

/// <summary>
/// Everybody who talks to the system, over one pool of connections. The address is the gateway's, or a service's own;
/// the nameless show no token.
/// </summary>
sealed class People(RunningSystem system, Uri? address = null, bool nameless = false) : IDisposable
{
    public const string OperatorName = "operator";

    readonly HttpClient _http = new(new SocketsHttpHandler
    {
        MaxConnectionsPerServer = 1_000,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        UseProxy = false,
    })
    {
        BaseAddress = address ?? system.Gateway,
        Timeout = Timeout.InfiniteTimeSpan,
    };

    readonly Tokens? _tokens = !nameless && system.Identity is { } identity ? new(identity) : null;

    public Person Operator => new(this, OperatorName);

    public Person Customer(string name) => new(this, name);

    public async Task<HttpResponseMessage> Send(
        string user, HttpRequestMessage request, CancellationToken ct,
        HttpCompletionOption completion = HttpCompletionOption.ResponseContentRead)
    {
        if (_tokens is not null) request.Headers.Authorization = new("Bearer", await _tokens.Of(user, ct));
        return await _http.SendAsync(request, completion, ct);
    }

    public void Dispose()
    {
        _http.Dispose();
        _tokens?.Dispose();
    }
}

/// <summary>A customer or the operator.</summary>
sealed class Person(People people, string name)
{
    public static JsonSerializerOptions Json { get; } =
        new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    static readonly MediaTypeHeaderValue JsonType = new("application/json");

    public string Name => name;

    /// <summary>Sends one request; without a deadline of its own, so give a token that has one.</summary>
    public async Task<HttpResponseMessage> Send(
        HttpMethod method, string route, object? body = null, string? key = null, CancellationToken ct = default)
    {
        using var request = new HttpRequestMessage(method, route);
        if (body is not null) request.Content = JsonContent.Create(body, JsonType, Json);
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        return await people.Send(name, request, ct);
    }

    public Task<HttpResponseMessage> Get(string route, CancellationToken ct) => Send(HttpMethod.Get, route, ct: ct);

    /// <summary>Opens an answer that has no end; it is to be disposed of.</summary>
    public async Task<HttpResponseMessage> Stream(string route, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, route);
        return await people.Send(name, request, ct, HttpCompletionOption.ResponseHeadersRead);
    }

    public Task<HttpResponseMessage> Post(string route, object? body, string? key, CancellationToken ct) =>
        Send(HttpMethod.Post, route, body, key, ct);

    /// <summary>Sends and insists on success.</summary>
    public async Task<T> Needs<T>(HttpMethod method, string route, object? body, CancellationToken ct)
    {
        using var answer = await Send(
            method, route, body, method == HttpMethod.Post ? Guid.NewGuid().ToString() : null, ct);
        if (!answer.IsSuccessStatusCode)
            throw new CannotRunException(
                $"{method} {route}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(ct)}");
        return (await answer.Content.ReadFromJsonAsync<T>(Json, ct))!;
    }
}
