namespace CarShare.ServiceDefaults.Authentication;

/// <summary>
/// Whose tokens are believed and who this process is itself, configuration section <c>Authentication</c>.
/// </summary>
sealed class AuthenticationSettings
{
    /// <summary>
    /// The issuer, exactly as it stands in the tokens: an absolute address without a slash at its end, https unless it
    /// is on this machine.
    /// </summary>
    public string Authority { get; set; } = "";

    /// <summary>Tokens must be made out for this audience.</summary>
    public string Audience { get; set; } = "carshare";

    /// <summary>The name of this service at the identity provider; needed by those who call other services.</summary>
    public string? ClientId { get; set; }

    /// <summary>The secret that belongs to <see cref="ClientId"/>.</summary>
    public string? ClientSecret { get; set; }

    /// <summary>
    /// What a token of this service's own is asked for with, where the provider has to be told: Entra ID wants
    /// <c>api://…/.default</c>.
    /// </summary>
    public string? Scope { get; set; }

    /// <summary>How long the identity provider may take to answer: nobody waits longer for it.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The provider is asked for its keys not more often than this on account of tokens with an unknown key, or anybody
    /// could make us ask.
    /// </summary>
    public TimeSpan KeysPause { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The age at which the keys are read again without a reason: a key that was withdrawn is believed no longer than
    /// this.
    /// </summary>
    public TimeSpan KeysAge { get; set; } = TimeSpan.FromMinutes(10);

    internal bool HasAuthority =>
        Uri.TryCreate(Authority, UriKind.Absolute, out var address) && !Authority.EndsWith('/')
        && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback));
}
