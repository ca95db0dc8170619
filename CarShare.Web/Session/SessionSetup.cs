using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace CarShare.Web.Session;

/// <summary>Signing in by OpenID Connect; the tokens stay on the server, sealed in the session's cookie.</summary>
static class SessionSetup
{
    public const string Customer = "customer", Operator = "operator";

    /// <summary>Where the provider returns to; the realm knows these addresses.</summary>
    public const string SignedIn = "/signed-in", SignedOut = "/signed-out";

    /// <summary>In the request's items: there was a session, and it has ended.</summary>
    public const string EndedKey = "session ended";

    const string Roles = "roles", Name = "preferred_username";

    public static void AddSession(this WebApplicationBuilder builder)
    {
        var (services, settings, isDevelopment) = (builder.Services, builder.Configuration,
            builder.Environment.IsDevelopment());
        services.AddOptions<SessionOptions>().BindConfiguration("Web").ValidateDataAnnotations().ValidateOnStart();
        services.AddSessionKeys(settings["Web:SessionKey"] ?? "");
        services.AddHttpContextAccessor();
        services.AddScoped<UserTokens>().AddSingleton<TokenRefresh>();
        services.AddAuthentication(options =>
        {
            options.DefaultScheme = CookieAuthenticationDefaults.AuthenticationScheme;
            options.DefaultAuthenticateScheme = CookieAuthenticationDefaults.AuthenticationScheme;
            options.DefaultChallengeScheme = OpenIdConnectDefaults.AuthenticationScheme;
        }).AddCookie(cookie =>
        {
            // the prefix has the browser itself see to it that no other host and no plain connection writes it
            cookie.Cookie.Name = isDevelopment ? "carshare" : "__Host-carshare";
            cookie.Cookie.SecurePolicy = isDevelopment ? CookieSecurePolicy.SameAsRequest : CookieSecurePolicy.Always;
            cookie.Cookie.SameSite = SameSiteMode.Lax;
            cookie.AccessDeniedPath = "/not-yours";
            cookie.SlidingExpiration = true;
            cookie.Events.OnValidatePrincipal = context =>
                context.HttpContext.RequestServices.GetRequiredService<TokenRefresh>().Validate(context);
        }).AddOpenIdConnect(oidc => Configure(oidc, settings, isDevelopment));
        services.AddOptions<CookieAuthenticationOptions>(CookieAuthenticationDefaults.AuthenticationScheme)
            .Configure<IOptions<SessionOptions>>((cookie, session) => cookie.ExpireTimeSpan =
                session.Value.SessionLifetime);
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, AuthorizationMiddlewareResultHandler>();
        services.AddAuthorizationBuilder()
            .AddPolicy(Customer, policy => policy.RequireClaim(Roles, Customer))
            .AddPolicy(Operator, policy => policy.RequireClaim(Roles, Operator));
        // a page says itself whom it is for; most of them are for everybody
        services.Configure<AuthorizationOptions>(options => options.FallbackPolicy = null);
        services.AddAntiforgery(forms =>
        {
            forms.Cookie.Name = isDevelopment ? "carshare-form" : "__Host-carshare-form";
            forms.Cookie.SecurePolicy = isDevelopment ? CookieSecurePolicy.SameAsRequest : CookieSecurePolicy.Always;
        });
    }

    static void Configure(OpenIdConnectOptions oidc, ConfigurationManager settings, bool isDevelopment)
    {
        oidc.Authority = settings["Authentication:Authority"];
        oidc.ClientId = settings["Authentication:ClientId"];
        oidc.ClientSecret = settings["Authentication:ClientSecret"];
        oidc.RequireHttpsMetadata = !(isDevelopment || new Uri(oidc.Authority!).IsLoopback);
        oidc.ResponseType = OpenIdConnectResponseType.Code;
        oidc.ResponseMode = OpenIdConnectResponseMode.Query;
        oidc.UsePkce = true;
        oidc.SaveTokens = true;
        oidc.MapInboundClaims = false;
        oidc.CallbackPath = SignedIn;
        oidc.SignedOutCallbackPath = SignedOut;
        oidc.SignedOutRedirectUri = "/?said=signed-out";
        oidc.Scope.Clear();
        oidc.Scope.Add(OpenIdConnectScope.OpenId);
        oidc.TokenValidationParameters.NameClaimType = Name;
        oidc.TokenValidationParameters.RoleClaimType = Roles;
        oidc.BackchannelTimeout = TimeSpan.FromSeconds(3);
        // only what the pages ask for; the rest would travel with every request
        foreach (var claim in (string[])["azp", "auth_time", "acr", "at_hash", "iss", "aud", "exp", "iat", "jti",
            "oi_au_id", "oi_tkn_id"])
            oidc.ClaimActions.DeleteClaim(claim);
        foreach (var cookie in (CookieBuilder[])[oidc.CorrelationCookie, oidc.NonceCookie])
        {
            // the way back is a plain navigation, for which this is enough
            cookie.SameSite = SameSiteMode.Lax;
            cookie.SecurePolicy = isDevelopment ? CookieSecurePolicy.SameAsRequest : CookieSecurePolicy.Always;
        }

        oidc.Events.OnRemoteFailure = failure =>
        {
            failure.HandleResponse();
            failure.Response.Redirect("/?said=sign-in-failed");
            return Task.CompletedTask;
        };
    }
}
