using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Serialization;

namespace CarShare.LoadTests.Running;

/// <summary>
/// Access tokens of the identity provider (password grant), one per user, renewed before they expire.
/// </summary>
sealed class Tokens(Uri identity) : IDisposable
{
    static readonly TimeSpan Margin = TimeSpan.FromMinutes(2);

    readonly HttpClient _http = new() { BaseAddress = identity, Timeout = TimeSpan.FromSeconds(10) };
    readonly ConcurrentDictionary<string, Lazy<Task<Token>>> _tokens = new();

    /// <summary>The user's token. While the provider is away a token that is still good is used on.</summary>
    public async ValueTask<string> Of(string user, CancellationToken ct)
    {
        while (true)
        {
            var entry = _tokens.GetOrAdd(user, name => new(() => Grant(name)));
            try
            {
                var token = await entry.Value.WaitAsync(ct);
                if (token.ExpiresAt - Margin > DateTimeOffset.UtcNow) return token.Value;
                var fresh = new Lazy<Task<Token>>(() => Grant(user));
                if (_tokens.TryUpdate(user, fresh, entry)) await fresh.Value.WaitAsync(ct);
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !ct.IsCancellationRequested)
            {
                // a failure is not remembered
                _tokens.TryRemove(new(user, entry));
                throw new HttpRequestException($"No token for {user}.", e);
            }
        }
    }

    async Task<Token> Grant(string user)
    {
        using var form = new FormUrlEncodedContent([new("grant_type", "password"), new(
            "client_id", "carshare-cli"), new("username", user), new("password", user)]);
        using var answer = await _http.PostAsync("/realms/carshare/protocol/openid-connect/token", form);
        // a provider that is away is another matter: it comes back
        if (answer.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized)
            throw new CannotRunException(
                $"{user} is refused by {identity}: customers of any name are known to the local provider alone, which "
                + "CARSHARE_INFRA=local starts.");
        answer.EnsureSuccessStatusCode();
        var granted = (await answer.Content.ReadFromJsonAsync<Granted>())!;
        return new(granted.AccessToken, DateTimeOffset.UtcNow.AddSeconds(granted.ExpiresIn));
    }

    public void Dispose() => _http.Dispose();

    sealed record Token(string Value, DateTimeOffset ExpiresAt);

    sealed record Granted([property: JsonPropertyName("access_token")] string AccessToken, [property: JsonPropertyName(
        "expires_in")] int ExpiresIn);
}
