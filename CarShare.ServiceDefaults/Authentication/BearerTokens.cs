using System.Buffers.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace CarShare.ServiceDefaults.Authentication;

/// <summary>
/// JwtBearer with the keys that <see cref="IdentityProvider"/> has read: the one check of every token, at the gateway
/// and in the services.
/// </summary>
static class BearerTokens
{
    const string Scheme = JwtBearerDefaults.AuthenticationScheme;
    const int MaxLength = 8 * 1024;

    internal static void AddBearerTokens(this IServiceCollection services)
    {
        services.AddAuthentication(Scheme).AddJwtBearer();
        services.AddOptions<JwtBearerOptions>(Scheme)
            .Configure<IdentityProvider, IOptions<AuthenticationSettings>>(Configure);
    }

    static void Configure(JwtBearerOptions bearer, IdentityProvider provider, IOptions<AuthenticationSettings> settings)
    {
        bearer.MapInboundClaims = false;   // claims keep the names they have in the token
        bearer.TokenValidationParameters = new()
        {
            ValidIssuer = settings.Value.Authority,
            ValidAudience = settings.Value.Audience,
            ValidAlgorithms = [SecurityAlgorithms.RsaSha256],
            ClockSkew = TimeSpan.FromSeconds(30),
            NameClaimType = Claims.Subject,
            RoleClaimType = Claims.Roles,
            IssuerSigningKeyResolver = (_, _, keyId, _) => provider.Keys?.Named(keyId) ?? [],
        };
        bearer.Events = new()
        {
            OnMessageReceived = received => Receive(received, provider),
            OnTokenValidated = validated =>
            {
                if (validated.SecurityToken is JsonWebToken token && provider.Keys is { } keys
                    && keys.Include(token.Kid))
                    keys.Validated.Add(token.EncodedToken, validated.Principal!, new(token.ValidTo));
                return Task.CompletedTask;
            },
        };
    }

    static async Task Receive(MessageReceivedContext received, IdentityProvider provider)
    {
        if (TokenOf(received.Request) is not { } token) return;
        received.Token = token;
        if (provider.Keys?.Validated.Find(token) is { } principal)
        {
            received.Principal = principal;
            received.Success();
            return;
        }

        var aborted = received.HttpContext.RequestAborted;
        if (token.Length > MaxLength) received.Fail("The token is too long.");
        else if (HeaderOf(token) is not { KeyId: { } keyId } header) received.Fail("The token can't be read.");
        else if (header.IsCritical) received.Fail("The token asks for something that is not understood here.");
        else if (await provider.Find(keyId, aborted) is not { } keys) received.Fail(new KeysUnavailableException());
        else if (!keys.Include(keyId)) received.Fail("The token's key is not known.");
    }

    static string? TokenOf(HttpRequest request) =>
        request.Headers.Authorization is [{ } header] && header.StartsWith(
            "Bearer ", StringComparison.OrdinalIgnoreCase) ? header["Bearer ".Length..].Trim() : null;

    /// <summary>
    /// The two members of a JWS header that decide before its signature does: which key it asks for, and whether it
    /// asks for extensions (<c>crit</c>, RFC 7515 §4.1.11), none of which are known here. Null for whatever is no
    /// token.
    /// </summary>
    static TokenHeader? HeaderOf(string token)
    {
        if (token.Split('.') is not [{ Length: > 0 } encoded, { Length: > 0 }, _]) return null;
        try
        {
            using var header = JsonDocument.Parse(
                Base64Url.DecodeFromChars(encoded), new() { AllowDuplicateProperties = false, MaxDepth = 8 });
            return new(
                header.RootElement.GetProperty("kid").GetString(), header.RootElement.TryGetProperty("crit", out _));
        }
        catch (Exception e)
            when (e is FormatException or JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }

    readonly record struct TokenHeader(string? KeyId, bool IsCritical);
}

/// <summary>
/// A token can't be judged because the identity provider can't be asked for its key: neither good nor bad.
/// </summary>
sealed class KeysUnavailableException() : Exception("The identity provider can't be asked for the token's key.");
