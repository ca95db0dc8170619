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
        var isPlain = isDevelopment || settings.GetValue("Web:IsPlain", false);
        services.AddOptions<SessionOptions>().BindConfiguration("Web").Configure(session => session.IsPlain = isPlain)
            .ValidateDataAnnotations().ValidateOnStart();
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
            cookie.Cookie.Name = isPlain ? "carshare" : "__Host-carshare";
            cookie.Cookie.SecurePolicy = isPlain ? CookieSecurePolicy.SameAsRequest : CookieSecurePolicy.Always;
            cookie.Cookie.SameSite = SameSiteMode.Lax;
            cookie.AccessDeniedPath = "/not-yours";
            cookie.SlidingExpiration = true;
            cookie.Events.OnValidatePrincipal = context =>
                context.HttpContext.RequestServices.GetRequiredService<TokenRefresh>().Validate(context);
        }).AddOpenIdConnect(oidc => Configure(oidc, settings, isDevelopment, isPlain));
        services.AddOptions<CookieAuthenticationOptions>(CookieAuthenticationDefaults.AuthenticationScheme)
            .Configure<IOptions<SessionOptions>>((cookie, session) => cookie.ExpireTimeSpan =
                session.Value.SessionLifetime);
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, AuthorizationMiddlewareResultHandler>();
        services.AddAuthorizationBuilder()
            .AddPolicy(Customer, policy => policy.RequireClaim(Roles, Customer))
            .AddPolicy(Operator, policy => policy.RequireClaim(Roles, Operator));
        // a page says itself whom it is for; most of them are for everybody
        services.Configure<AuthorizationOptions>(options => options.FallbackPolicy = null);
        // what a browser sends is not for the log, with a stack trace for each page: a cookie that can't be read is
        // replaced, and a form without a good one is refused
        builder.Logging.AddFilter("Microsoft.AspNetCore.Antiforgery", LogLevel.None);
        services.AddAntiforgery(forms =>
        {
            forms.Cookie.Name = isPlain ? "carshare-form" : "__Host-carshare-form";
            forms.Cookie.SecurePolicy = isPlain ? CookieSecurePolicy.SameAsRequest : CookieSecurePolicy.Always;
        });
    }

    static void Configure(OpenIdConnectOptions oidc, ConfigurationManager settings, bool isDevelopment, bool isPlain)
    {
        oidc.Authority = settings["Authentication:Authority"];
        oidc.ClientId = settings["Authentication:ClientId"];
        oidc.ClientSecret = settings["Authentication:ClientSecret"];
        var isOnThisMachine = new Uri(oidc.Authority!).IsLoopback;
        oidc.RequireHttpsMetadata = !(isDevelopment || isOnThisMachine);
        // nobody else can reach this machine for us; a provider outside may well be behind a proxy
        oidc.BackchannelHttpHandler = new SocketsHttpHandler { UseProxy = !isOnThisMachine };
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
        // where the provider has to be told what the token is for, and that it is to be renewed
        foreach (var scope in settings["Authentication:Scope"]?.Split(' ') ?? []) oidc.Scope.Add(scope);
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
            cookie.SecurePolicy = isPlain ? CookieSecurePolicy.SameAsRequest : CookieSecurePolicy.Always;
        }

        oidc.Events.OnRemoteFailure = failure =>
        {
            failure.HandleResponse();
            failure.Response.Redirect("/?said=sign-in-failed");
            return Task.CompletedTask;
        };
    }
}
