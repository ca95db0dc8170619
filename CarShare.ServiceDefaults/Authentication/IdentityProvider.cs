using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace CarShare.ServiceDefaults.Authentication;

/// <summary>
/// What the identity provider publishes about itself. Read ahead and kept: while the provider is away, the keys known
/// so far go on being good, and who needs it finds out at once. IdentityModel's own ConfigurationManager lets every
/// caller wait for its own failing attempt in turn, so only its reader is used.
/// </summary>
sealed partial class IdentityProvider(
    IOptions<AuthenticationSettings> options, IHttpClientFactory clients, TimeProvider clock,
    ILogger<IdentityProvider> logger)
    : BackgroundService
{
    internal const string ClientName = "identity";

    static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(500);

    readonly AuthenticationSettings _settings = options.Value;
    readonly Lock _gate = new();
    Task _reading = Task.CompletedTask;
    DateTimeOffset _begun = DateTimeOffset.MinValue;
    volatile ProviderKeys? _keys;
    volatile bool _away;

    /// <summary>Null until they could be read for the first time.</summary>
    internal ProviderKeys? Keys => _keys;

    /// <summary>The keys, read now if they never were; null when the provider does not answer.</summary>
    internal async ValueTask<ProviderKeys?> Find(CancellationToken ct)
    {
        if (_keys is null) await Read(RetryPause).WaitAsync(ct);
        return _keys;
    }

    /// <summary>
    /// The same for a token that names this key: if it is not among them, they are read again, but not in a row. Null
    /// when they can't be: a key never heard of may be a new one or none at all.
    /// </summary>
    internal async ValueTask<ProviderKeys?> Find(string? keyId, CancellationToken ct)
    {
        if (await Find(ct) is { } known && !known.Include(keyId)) await Read(_settings.KeysPause).WaitAsync(ct);
        return _keys is { } latest && (latest.Include(keyId) || !_away) ? latest : null;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            // The end of the process is no fault: a host that is disposed of before it has stopped would call it one.
            await Read(RetryPause).WaitAsync(stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Task.Delay(_keys is null ? RetryPause : _settings.KeysAge, clock, stoppingToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Joins the reading under way, or begins one if the last began longer ago than the pause.</summary>
    Task Read(TimeSpan pause)
    {
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            if (!_reading.IsCompleted || now - _begun < pause) return _reading;
            _begun = now;
            return _reading = Read();
        }
    }

    async Task Read()
    {
        using var patience = new CancellationTokenSource(_settings.Timeout, clock);
        try
        {
            using var client = clients.CreateClient(ClientName);
            client.Timeout = _settings.Timeout;   // the reader does not pass the token on to everything it waits for
            var documents = new HttpDocumentRetriever(
                client)
            { RequireHttps = _settings.Authority.StartsWith("https:", StringComparison.Ordinal) };
            var address = $"{_settings.Authority}/.well-known/openid-configuration";
            var found = await OpenIdConnectConfigurationRetriever.GetAsync(address, documents, patience.Token)
                .WaitAsync(patience.Token);
            if (found.Issuer != _settings.Authority) Log.OtherIssuer(logger, found.Issuer, _settings.Authority);
            else if (found.SigningKeys.Count == 0) Log.NoKeys(logger, _settings.Authority);
            else _keys = new(found, clock);
            _away = false;
        }
        catch (Exception e)
        {
            // Whatever it is, of this provider nothing new is known; the next one who asks tries again.
            _away = true;
            Log.Away(logger, _settings.Authority, e.Message);
        }
    }

    static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The identity provider {Authority} can't be read: {Reason}")]
        public static partial void Away(ILogger logger, string authority, string reason);

        [LoggerMessage(
            LogLevel.Error, "The identity provider says it is {Issuer}, but {Authority} is the one believed")]
        public static partial void OtherIssuer(ILogger logger, string? issuer, string authority);

        [LoggerMessage(LogLevel.Error, "The identity provider {Authority} has no keys")]
        public static partial void NoKeys(ILogger logger, string authority);
    }
}
