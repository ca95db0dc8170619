using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace CarShare.DeploymentTests.Cluster;

/// <summary>People who rent cars from a CarShare in a cluster, through its gateway.</summary>
sealed class Customers(Uri gateway) : IDisposable
{
    // more are refused
    const int AtOnce = 100;

    const string Authority = "https://identity.carshare.svc.cluster.local:8443/realms/carshare";

    readonly HttpClient _http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromSeconds(5) })
    {
        BaseAddress = gateway,
        Timeout = TimeSpan.FromSeconds(15),
    };

    readonly Dictionary<string, (string Token, DateTimeOffset Until)> _tokens = [];
    readonly SemaphoreSlim _asking = new(1);

    public Task<HttpResponseMessage> Place(string product, CancellationToken ct) =>
        Send(HttpMethod.Post, "/orders", "alice", Order(product), Guid.NewGuid().ToString(), ct);

    public async Task<HttpResponseMessage> Send(
        HttpMethod method, string path, string who, object? body, string? key, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await Token(who, ct));
        if (body is not null) request.Content = JsonContent.Create(body);
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        return await _http.SendAsync(request, ct);
    }

    /// <summary>What is answered when all is well.</summary>
    public async Task<JsonNode> Ask(HttpMethod method, string path, string who, object? body = null)
    {
        var ct = TestContext.Current.CancellationToken;
        var key = method == HttpMethod.Post ? Guid.NewGuid().ToString() : null;
        using var answer = await Send(method, path, who, body, key, ct);
        var text = await answer.Content.ReadAsStringAsync(ct);
        Assert.True(answer.IsSuccessStatusCode, $"{method} {path}: {answer.StatusCode} {text}");
        return JsonNode.Parse(text.Length == 0 ? "{}" : text)!;
    }

    /// <summary>A model with so many cars, and money for a customer to rent them all.</summary>
    public async Task<string> Fleet(string customer, int count)
    {
        var run = Guid.NewGuid().ToString("N")[..6].ToUpperInvariant();
        var plates = Enumerable.Range(0, count).Select(n => $"{run}{n:00000}").ToList();
        var first = new { modelName = "Ioniq 5", hourlyRate = 1_000, location = "Seoul", plates = plates.Take(AtOnce) };
        var product = (string)(await Ask(HttpMethod.Post, "/stocks", "operator", first))["productId"]!;
        foreach (var more in plates.Skip(AtOnce).Chunk(AtOnce))
        {
            var cars = new { plates = more, location = "Seoul" };
            await Ask(HttpMethod.Post, $"/stocks/{product}/vehicles", "operator", cars);
        }

        await Ask(HttpMethod.Post, "/deposits", customer, new { amount = 10_000_000 });
        return product;
    }

    public static object Order(string product) =>
        new { productId = product, quantity = 1, hours = 1, deliveryAddress = "Seoul" };

    public void Dispose()
    {
        _http.Dispose();
        _asking.Dispose();
    }

    async Task<string> Token(string who, CancellationToken ct)
    {
        await _asking.WaitAsync(ct);
        try
        {
            if (_tokens.TryGetValue(who, out var known) && known.Until > DateTimeOffset.UtcNow) return known.Token;
            using var form = new FormUrlEncodedContent(
            [
                new("grant_type", "password"), new("client_id", "carshare-cli"), new("username", who),
                new("password", who),
            ]);
            using var answer = await _http.PostAsync(new Uri($"{Authority}/protocol/openid-connect/token"), form, ct);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            var token = (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync(ct))!["access_token"]!;
            _tokens[who] = (token, DateTimeOffset.UtcNow.AddMinutes(10));
            return token;
        }
        finally
        {
            _asking.Release();
        }
    }
}
