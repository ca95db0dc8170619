using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json;

namespace CarShare.Tests;

/// <summary>Access tokens from an identity provider; each is asked for once and kept.</summary>
public sealed class Tokens(string authority)
{
    static readonly HttpClient Http = new();
    readonly ConcurrentDictionary<string, string> _kept = new();

    /// <summary>A user of the realm, or any other name for a customer.</summary>
    public Task<string> Of(string user) =>
        Kept(user, new()
        {
            ["grant_type"] = "password",
            ["client_id"] = "carshare-cli",
            ["username"] = user,
            ["password"] = user,
        });

    public Task<string> OfService(string client, string secret) =>
        Kept($"client {client}",
            new() { ["grant_type"] = "client_credentials", ["client_id"] = client, ["client_secret"] = secret });

    /// <summary>The answer as it comes, good or bad.</summary>
    public Task<HttpResponseMessage> Ask(Dictionary<string, string> form) =>
        Http.PostAsync(new Uri($"{authority}/protocol/openid-connect/token"), new FormUrlEncodedContent(form));

    async Task<string> Kept(string name, Dictionary<string, string> form)
    {
        if (_kept.TryGetValue(name, out var token)) return token;
        using var answer = await Ask(form);
        answer.EnsureSuccessStatusCode();
        return _kept[name] = (await answer.Content.ReadFromJsonAsync<JsonElement>())
            .GetProperty("access_token").GetString()!;
    }
}
