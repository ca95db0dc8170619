using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace CarShare.DeploymentTests.Cluster;

/// <summary>Models with cars to rent, and the people who rent them.</summary>
sealed record Fleet(IReadOnlyList<string> Products)
{
    public static readonly string[] People = ["alice", "bob"];

    public string Product(int number) => Products[number % Products.Count];

    public string Customer(int number) => People[number / Products.Count % People.Length];
}

/// <summary>People who rent cars from a CarShare in a cluster, through its gateway.</summary>
sealed class Customers(Uri gateway) : IDisposable
{
    // more are refused
    const int AtOnce = 100;

    const string Authority = "https://identity.carshare.svc.cluster.local:8443/realms/carshare";

    // as long as a node takes to notice that a process is gone
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(3), Pause = TimeSpan.FromMilliseconds(100);

    readonly HttpClient _http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromSeconds(5) })
    {
        BaseAddress = gateway,
        Timeout = TimeSpan.FromSeconds(15),
    };

    readonly Dictionary<string, (string Token, DateTimeOffset Until)> _tokens = [];
    readonly SemaphoreSlim _asking = new(1);

    /// <summary>
    /// As a browser or an ingress does it: where the connection breaks before an answer came, the same is sent over
    /// another, an order with its key. Only a gateway that dies makes that necessary.
    /// </summary>
    public async Task<HttpResponseMessage> Send(
        HttpMethod method, string path, string? who, object? body, string? key, CancellationToken ct,
        Action? repeated = null)
    {
        var token = who is null ? null : await Token(who, ct);
        var start = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(Pause);
        while (true)
        {
            using var request = new HttpRequestMessage(method, path);
            if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            if (body is not null) request.Content = JsonContent.Create(body);
            if (key is not null) request.Headers.Add("Idempotency-Key", key);
            try
            {
                return await _http.SendAsync(request, ct);
            }
            catch (HttpRequestException) when (Stopwatch.GetElapsedTime(start) < Patience)
            {
                repeated?.Invoke();
            }

            await timer.WaitForNextTickAsync(ct);
        }
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

    /// <summary>Models with so many cars each, and money for everybody to rent them all.</summary>
    public async Task<Fleet> Fleet(int models, int cars)
    {
        var products = new List<string>();
        for (var model = 0; model < models; model++) products.Add(await Model(cars));
        foreach (var customer in Cluster.Fleet.People)
            await Ask(HttpMethod.Post, "/deposits", customer, new { amount = 100_000_000 });
        return new(products);
    }

    /// <summary>Those of the orders that are not in the lists of the people who placed them.</summary>
    public async Task<IReadOnlyCollection<string>> Missing(IEnumerable<string> placed)
    {
        var missing = placed.ToHashSet();
        foreach (var customer in Cluster.Fleet.People)
        {
            var after = "";
            do
            {
                var page = await Ask(HttpMethod.Get, $"/orders?limit=100{after}", customer);
                foreach (var order in page["items"]!.AsArray()) missing.Remove((string)order!["orderId"]!);
                after = (string?)page["next"] is { } next ? $"&after={Uri.EscapeDataString(next)}" : null;
            }
            while (missing.Count > 0 && after is not null);
        }

        return missing;
    }

    public static object Order(string product) =>
        new { productId = product, quantity = 1, hours = 1, deliveryAddress = "Seoul" };

    public void Dispose()
    {
        _http.Dispose();
        _asking.Dispose();
    }

    async Task<string> Model(int count)
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

        return product;
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
