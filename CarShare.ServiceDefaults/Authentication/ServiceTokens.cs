using System.Net.Http.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CarShare.ServiceDefaults.Authentication;

/// <summary>
/// The token this service shows to others (RFC 6749 §4.4, client credentials). Fetched ahead and renewed at half its
/// life, so that nobody waits for it and the provider may be away for the other half.
/// </summary>
sealed partial class ServiceTokens(
    IdentityProvider provider, IOptions<AuthenticationSettings> options, IHttpClientFactory clients, TimeProvider clock,
    ILogger<ServiceTokens> logger) : BackgroundService
{
    static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    readonly AuthenticationSettings _settings = options.Value;
    readonly Lock _gate = new();
    Task _fetching = Task.CompletedTask;
    DateTimeOffset _begun = DateTimeOffset.MinValue;
    volatile Token? _token;

    /// <summary>The token; a new one, if there can be one, instead of one that was refused.</summary>
    /// <exception cref="HttpRequestException">There is none: who was to be called can't be reached for now.</exception>
    internal async ValueTask<string> Get(CancellationToken ct, string? refused = null)
    {
        if (Usable is not { } token || token.Text == refused) await Fetch().WaitAsync(ct);
        return Usable?.Text ?? throw new HttpRequestException("The identity provider gives no token.");
    }

    Token? Usable => _token is { } token && clock.GetUtcNow() < token.Expires ? token : null;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var until = _token?.Renew - clock.GetUtcNow() ?? TimeSpan.Zero;
            if (until <= TimeSpan.Zero)
            {
                await Fetch().WaitAsync(stoppingToken);
                until = RetryPause;
            }

            await Task.Delay(until < RetryPause ? RetryPause : until, clock, stoppingToken);
        }
    }

    /// <summary>One request at a time, and none sooner than a second after the last.</summary>
    Task Fetch()
    {
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            if (!_fetching.IsCompleted || now - _begun < RetryPause) return _fetching;
            _begun = now;
            return _fetching = Fetch(now);
        }
    }

    async Task Fetch(DateTimeOffset now)
    {
        using var patience = new CancellationTokenSource(_settings.Timeout, clock);
        try
        {
            if (await provider.Find(patience.Token) is not { } keys) return;
            using var client = clients.CreateClient(IdentityProvider.ClientName);
            var fields = new Dictionary<string, string?>
            {
                ["grant_type"] = "client_credentials",
                ["client_id"] = _settings.ClientId,
                ["client_secret"] = _settings.ClientSecret,
            };
            if (_settings.Scope is { } scope) fields["scope"] = scope;
            using var form = new FormUrlEncodedContent(fields);
            using var answer = await client.PostAsync(keys.TokenEndpoint, form, patience.Token);
            answer.EnsureSuccessStatusCode();
            var granted = await answer.Content.ReadFromJsonAsync<Granted>(patience.Token)
                ?? throw new InvalidOperationException("The answer is empty.");
            var life = TimeSpan.FromSeconds(granted.ExpiresIn);
            _token = new(granted.AccessToken, now + life / 2, now + life);
        }
        catch (Exception e)
        {
            // The old token is used until it expires; the next who needs one asks again.
            Log.NotGranted(logger, _settings.ClientId, e.Message);
        }
    }

    sealed record Token(string Text, DateTimeOffset Renew, DateTimeOffset Expires);

    sealed record Granted([property: JsonPropertyName("access_token")] string AccessToken, [property: JsonPropertyName(
        "expires_in")] int ExpiresIn);

    static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "No token for {Client}: {Reason}")]
        public static partial void NotGranted(ILogger logger, string? client, string reason);
    }
}
