using System.IdentityModel.Tokens.Jwt;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace CarShare.ServiceDefaults.Authentication;

/// <summary>
/// The adapter to JwtBearer and IdentityModel: only what all their versions since 3.1 and 6.8 have in common. Instead of the options that came and went (token handlers, claim
/// mapping, configuration managers) it uses the events, a key resolver and the one switch for claim names.
/// </summary>
static class BearerTokens
{
    const string Scheme = JwtBearerDefaults.AuthenticationScheme;
    const int MaxLength = 8 * 1024;

    internal static void AddBearerTokens(this IServiceCollection services)
    {
        // Claims keep the names they have in the token.
        JwtSecurityTokenHandler.DefaultMapInboundClaims = false;
        services.AddAuthentication(Scheme).AddJwtBearer();
        services.AddOptions<JwtBearerOptions>(Scheme).Configure<IdentityProvider, IOptions<AuthenticationSettings>>(Configure);
    }

    static void Configure(JwtBearerOptions bearer, IdentityProvider provider, IOptions<AuthenticationSettings> settings)
    {
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
                var token = validated.SecurityToken;
                if (TokenOf(validated.Request) is { } text && provider.Keys is { } keys && keys.Include(token.SigningKey?.KeyId))
                    keys.Validated.Add(text, validated.Principal!, token.ValidTo);
                return Task.CompletedTask;
            },
        };
    }

    static async Task Receive(MessageReceivedContext received, IdentityProvider provider)
    {
        if (TokenOf(received.Request) is not { } token) return;
        if (provider.Keys?.Validated.Find(token) is { } principal)
        {
            received.Principal = principal;
            received.Success();
            return;
        }

        var aborted = received.HttpContext.RequestAborted;
        if (token.Length > MaxLength) received.Fail("The token is too long.");
        else if (KeyIdOf(token) is not { } keyId) received.Fail("The token can't be read.");
        else if (await provider.Find(keyId, aborted) is not { } keys) received.Fail(new KeysUnavailableException());
        else if (!keys.Include(keyId)) received.Fail("The token's key is not known.");
    }

    static string? TokenOf(HttpRequest request) =>
        request.Headers.Authorization is [{ } header] && header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header["Bearer ".Length..].Trim() : null;

    static string? KeyIdOf(string token)
    {
        try
        {
            return new JwtSecurityToken(token).Header.Kid;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}

/// <summary>A token can't be judged because the identity provider can't be asked for its key: neither good nor bad.</summary>
sealed class KeysUnavailableException() : Exception("The identity provider can't be asked for the token's key.");
