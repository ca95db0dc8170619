using CarShare.ServiceTests.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace CarShare.ServiceTests;

/// <summary>
/// What a stub does in place of a service's own check: calls between services are refused without a service's token.
/// </summary>
static class Caller
{
    public static void RequireServiceTokens(this IApplicationBuilder app) => app.Use(async (http, next) =>
    {
        if (Of(http.Request) is not null) await next(http);
        else http.Response.StatusCode = StatusCodes.Status401Unauthorized;
    });

    /// <summary>The client whose token the request brings; null without one for internal calls.</summary>
    public static string? Of(HttpRequest request)
    {
        if (request.Headers.Authorization.ToString() is not ['B', 'e', 'a', 'r', 'e', 'r', ' ', .. var token])
            return null;
        var claims = Jwt.Parse(token);
        return claims["aud"] == "carshare"
            && claims["scope"].Split(' ').Contains("carshare.internal") ? claims["azp"] : null;
    }
}
