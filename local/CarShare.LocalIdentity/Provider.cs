using System.Collections.Concurrent;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace CarShare.LocalIdentity;

/// <summary>
/// OpenIddict without stores: clients come from the realm file, and what it has given out carries its own proof. What
/// must
/// not be used a second time (codes, signed-out sessions) is remembered by this process for as long as it would be
/// good.
/// </summary>
static class Provider
{
    static readonly TimeSpan SessionLifetime = TimeSpan.FromHours(10);

    public static void AddProvider(this IServiceCollection services, Realm realm, Addresses address, SigningKey key)
    {
        services.AddSingleton<Spent>();
        services.AddOpenIddict().AddServer(server =>
        {
            server.EnableDegradedMode()
                .SetIssuer(new Uri(address.Authority))
                .SetConfigurationEndpointUris(address.Configuration)
                .SetJsonWebKeySetEndpointUris(address.Keys)
                .SetAuthorizationEndpointUris(address.Authorization)
                .SetTokenEndpointUris(address.Token)
                .SetEndSessionEndpointUris(address.EndSession);
            server.AllowAuthorizationCodeFlow().RequireProofKeyForCodeExchange().AllowRefreshTokenFlow()
                .AllowPasswordFlow().AllowClientCredentialsFlow();
            server.RegisterScopes([Scopes.OpenId, .. realm.ClientScopes.Select(s => s.Name)]);
            server.AddSigningKey(key.Signing).AddEncryptionKey(key.Encryption).DisableAccessTokenEncryption()
                .SetAccessTokenLifetime(TimeSpan.FromSeconds(realm.AccessTokenLifespan))
                .SetRefreshTokenLifetime(SessionLifetime);
            server.Configure(options => options.CodeChallengeMethods.Remove(CodeChallengeMethods.Plain));
            server.UseAspNetCore().SuppressJsonResponseIndentation().DisableTransportSecurityRequirement()
                .EnableAuthorizationEndpointPassthrough()
                .EnableTokenEndpointPassthrough().EnableEndSessionEndpointPassthrough();
            // an empty password or secret is a wrong one
            server.RemoveEventHandler(
                OpenIddictServerHandlers.Exchange.ValidateResourceOwnerCredentialsParameters.Descriptor);
            server.RemoveEventHandler(OpenIddictServerHandlers.Exchange.ValidateClientCredentialsParameters.Descriptor);
            server.AddEventHandler<ValidateAuthorizationRequestContext>(h =>
                h.UseInlineHandler(c => Validate(c, realm)));
            server.AddEventHandler<ValidateTokenRequestContext>(h => h.UseInlineHandler(c => Validate(c, realm)));
            server.AddEventHandler<ValidateEndSessionRequestContext>(h => h.UseInlineHandler(c => Validate(c, realm)));
        });
    }

    static ValueTask Validate(ValidateAuthorizationRequestContext context, Realm realm)
    {
        if (realm.Client(context.ClientId) is not { StandardFlowEnabled: true } client)
            context.Reject(Errors.InvalidRequest, "This client has no login page.");
        else if (!client.MayReturnTo(context.RedirectUri))
            context.Reject(Errors.InvalidRequest, "The client may not be returned to at this address.");
        return default;
    }

    static ValueTask Validate(ValidateTokenRequestContext context, Realm realm)
    {
        if (realm.Client(context.ClientId) is not { } client
            || !(client.PublicClient || Users.Same(client.Secret, context.ClientSecret)))
            context.Reject(Errors.InvalidClient, "Unknown client or wrong secret.");
        else if (!MayUse(client, context.Request))
            context.Reject(Errors.UnauthorizedClient, "This client may not use this grant.");
        return default;
    }

    static ValueTask Validate(ValidateEndSessionRequestContext context, Realm realm)
    {
        if (context.IdentityTokenHintPrincipal is not { } hint || !realm.Clients.Any(client =>
            client.StandardFlowEnabled
            && hint.GetAudiences().Contains(client.ClientId)
            && (context.PostLogoutRedirectUri is null || client.MayLeaveTo(context.PostLogoutRedirectUri))))
            context.Reject(Errors.InvalidRequest,
                "An id_token_hint of a client that may be left to this address is needed.");
        return default;
    }

    static bool MayUse(Client client, OpenIddictRequest request) => request.GrantType switch
    {
        GrantTypes.AuthorizationCode or GrantTypes.RefreshToken => client.StandardFlowEnabled,
        GrantTypes.Password => client.DirectAccessGrantsEnabled,
        GrantTypes.ClientCredentials => client.ServiceAccountsEnabled,
        _ => false,
    };

    /// <summary>What was used or ended and must not be used again.</summary>
    internal sealed class Spent(TimeProvider clock)
    {
        readonly ConcurrentDictionary<string, DateTimeOffset> _ids = new();

        public bool Includes(string? id) => id is not null && _ids.ContainsKey(id);

        /// <summary>False if it was spent already.</summary>
        public bool Add(string id)
        {
            var now = clock.GetUtcNow();
            foreach (var (old, since) in _ids)
                if (now - since > SessionLifetime) _ids.TryRemove(old, out _);
            return _ids.TryAdd(id, now);
        }
    }
}
