using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CarShare.ServiceDefaults.Authentication;

/// <summary>Who gets in.</summary>
public static class AccessSetup
{
    internal static void AddAccess(this IServiceCollection services)
    {
        services.AddOptions<AuthenticationSettings>().BindConfiguration("Authentication")
            .Validate(
                settings => settings.HasAuthority,
                "Authentication:Authority must be the issuer's absolute address without a slash at its end, with https "
                + "unless it is on this machine.")
            .Validate(settings => settings.Timeout > TimeSpan.Zero && settings.KeysPause > TimeSpan.Zero
                && settings.KeysAge > TimeSpan.Zero,
                "Authentication: Timeout, KeysPause and KeysAge must be above zero.")
            .ValidateOnStart();
        services.AddHttpClient(IdentityProvider.ClientName).UseSocketsHttpHandler((handler, provider) =>
        {
            // Nobody else can reach this machine for us; a provider outside may well be behind a proxy.
            handler.UseProxy = !new Uri(
                provider.GetRequiredService<IOptions<AuthenticationSettings>>().Value.Authority).IsLoopback;
            handler.AllowAutoRedirect = false;
            handler.UseCookies = false;
            handler.PooledConnectionLifetime = TimeSpan.FromMinutes(5);
        });
        services.AddSingleton<IdentityProvider>();
        services.AddHostedService(provider => provider.GetRequiredService<IdentityProvider>());
        services.AddHealthChecks().AddCheck<KeysKnown>("keys");
        services.AddSingleton(new WarmUp("the identity provider's keys", async (provider, ct) =>
        {
            if (await provider.GetRequiredService<IdentityProvider>().Find(ct) is null)
                throw new KeysUnavailableException();
        }));
        services.AddBearerTokens();
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, AccessProblems>();
        services.AddAuthorizationBuilder()
            .AddPolicy(Policies.Customer, user => user.CustomerId is not null)
            .AddPolicy(Policies.Operator, user => user.IsOperator)
            .AddPolicy(Policies.User, user => user.CustomerId is not null || user.IsOperator)
            .AddPolicy(Policies.Internal, user => user.IsService)
            .AddPolicy(Policies.Operations, user => user.IsService || user.IsOperator)
            .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAssertion(IsOpen).Build());
    }

    /// <summary>
    /// Reads the caller's token and turns away whom the endpoint is not for. After the routing, before the endpoints.
    /// </summary>
    public static void UseAccess(this IApplicationBuilder app)
    {
        app.UseAuthentication();
        app.UseAuthorization();
    }

    static AuthorizationBuilder AddPolicy(
        this AuthorizationBuilder authorization, string name, Predicate<CurrentUser> allows) =>
        authorization.AddPolicy(
            name, policy => policy.RequireAssertion(context => allows(CurrentUser.Of(context.User))));

    /// <summary>
    /// For endpoints that name no policy. Where no route leads there is nothing to protect, and the answer is 404, 405
    /// or 415. What is for anyone says so at its route (<see cref="EndpointAuthorization.AllowAnyone"/>).
    /// </summary>
    static bool IsOpen(AuthorizationHandlerContext context) =>
        context.User.Identity?.IsAuthenticated == true
            || context.Resource is HttpContext http && http.GetEndpoint() is not RouteEndpoint;
}
