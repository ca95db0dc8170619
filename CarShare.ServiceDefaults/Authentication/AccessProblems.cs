using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http;

namespace CarShare.ServiceDefaults.Authentication;

/// <summary>
/// Says no as a problem document: 401 without a good token, 403 with one that is not enough, 503 while nobody can tell.
/// </summary>
sealed class AccessProblems : IAuthorizationMiddlewareResultHandler
{
    public async Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy,
        PolicyAuthorizationResult authorizeResult)
    {
        if (authorizeResult.Succeeded)
            await next(context);
        else if (authorizeResult.Forbidden)
            await Problems.Of(StatusCodes.Status403Forbidden, "forbidden", "This is not for you to do.")
                .ExecuteAsync(context);
        else if ((await context.AuthenticateAsync()).Failure is not { } failure)
            await Challenge(context, "Bearer", "Say who you are: a token of the identity provider is needed.");
        else if (failure is KeysUnavailableException)
            await Problems.Unavailable(
                "identity-unavailable", "Who you are can't be checked at the moment. Try again shortly.")
                .ExecuteAsync(context);
        else
            await Challenge(context, "Bearer error=\"invalid_token\"", "The token is not valid, or not any more.");
    }

    static Task Challenge(HttpContext context, string challenge, string detail)
    {
        context.Response.Headers.WWWAuthenticate = challenge;
        return Problems.Of(StatusCodes.Status401Unauthorized, "unauthorized", detail).ExecuteAsync(context);
    }
}
