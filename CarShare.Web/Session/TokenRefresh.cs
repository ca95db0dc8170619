using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace CarShare.Web.Session;

/// <summary>
/// Fetches the next access token before the present one ends (RFC 6749 §6). A session that the provider has ended ends
/// here,
/// too; a provider that is away ends nothing before the token itself does.
/// </summary>
sealed partial class TokenRefresh(
    IOptionsMonitor<OpenIdConnectOptions> oidc, IOptions<SessionOptions> session, TimeProvider clock,
        ILogger<TokenRefresh> logger)
{
    const string ExpiresAt = "expires_at";

    public async Task Validate(CookieValidatePrincipalContext context)
    {
        var now = clock.GetUtcNow();
        if (!DateTimeOffset.TryParse(context.Properties.GetTokenValue(ExpiresAt), CultureInfo.InvariantCulture,
            out var end)
            || end - now > session.Value.RefreshAhead)
            return;
        switch (await Fetch(context))
        {
            case { Error: null } fresh:
                Store(context.Properties, fresh, now);
                context.ShouldRenew = true;
                break;
            case { Error: not null } refused:
                Log.Ended(logger, refused.Error);
                await End(context);
                break;
            default:
                if (end <= now) await End(context);
                break;
        }
    }

    static async Task End(CookieValidatePrincipalContext context)
    {
        context.RejectPrincipal();
        await context.HttpContext.SignOutAsync(CookieAuthenticationDefaults.AuthenticationScheme);
        context.HttpContext.Items[SessionSetup.EndedKey] = true;
    }

    async Task<OpenIdConnectMessage?> Fetch(CookieValidatePrincipalContext context)
    {
        var options = oidc.Get(OpenIdConnectDefaults.AuthenticationScheme);
        var aborted = context.HttpContext.RequestAborted;
        try
        {
            var provider = await options.ConfigurationManager!.GetConfigurationAsync(aborted);
            using var form = new FormUrlEncodedContent(new Dictionary<string, string>
            {
                ["grant_type"] = "refresh_token",
                ["client_id"] = options.ClientId!,
                ["client_secret"] =
                    options.ClientSecret!,
                ["refresh_token"] = context.Properties.GetTokenValue("refresh_token") ?? "",
            });
            using var answer = await options.Backchannel.PostAsync(new Uri(provider.TokenEndpoint), form, aborted);
            // anything but a decision about this token is no reason to send somebody away
            if (!answer.IsSuccessStatusCode && (int)answer.StatusCode is not (400 or 401)) return null;
            return new(await answer.Content.ReadAsStringAsync(aborted));
        }
        catch (Exception e) when (!aborted.IsCancellationRequested
            && e is HttpRequestException or OperationCanceledException or InvalidOperationException or JsonException
                or ArgumentException)
        {
            Log.Away(logger, e.Message);
            return null;
        }
    }

    static void Store(AuthenticationProperties properties, OpenIdConnectMessage fresh, DateTimeOffset now)
    {
        var seconds = int.Parse(fresh.ExpiresIn, CultureInfo.InvariantCulture);
        properties.UpdateTokenValue("access_token", fresh.AccessToken);
        if (fresh.RefreshToken is { Length: > 0 } next) properties.UpdateTokenValue("refresh_token", next);
        if (fresh.IdToken is { Length: > 0 } id) properties.UpdateTokenValue("id_token", id);
        properties.UpdateTokenValue(ExpiresAt, now.AddSeconds(seconds).ToString("o", CultureInfo.InvariantCulture));
    }

    static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "A session has ended: {Error}")]
        public static partial void Ended(ILogger logger, string error);

        [LoggerMessage(LogLevel.Warning, "The identity provider does not renew tokens at the moment: {Reason}")]
        public static partial void Away(ILogger logger, string reason);
    }
}
