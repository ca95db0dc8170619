using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace CarShare.ServiceDefaults.Authentication;

/// <summary>
/// The keys of one reading, with the tokens already found good by them: both are replaced together, so a token never
/// outlives its key.
/// </summary>
sealed class ProviderKeys(OpenIdConnectConfiguration configuration, TimeProvider clock)
{
    readonly SecurityKey[] _keys = [.. configuration.SigningKeys];

    public string TokenEndpoint => configuration.TokenEndpoint;

    public ValidatedTokens Validated { get; } = new(clock);

    public bool Include(string? keyId) => Named(keyId).Any();

    public IEnumerable<SecurityKey> Named(string? keyId) => _keys.Where(key => key.KeyId == keyId);
}
