using CarShare.Contracts;
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
            await Refuse(context, new(RefusalKind.Forbidden, "forbidden", WhyNot(context)));
        else if ((await context.AuthenticateAsync()).Failure is not { } failure)
            await Challenge(context, "Bearer", "Say who you are: a token of the identity provider is needed.");
        else if (failure is KeysUnavailableException)
            await Refuse(context, Refusal.Unavailable(
                "identity-unavailable", "Who you are can't be checked at the moment. Try again shortly."));
        else
            await Challenge(context, "Bearer error=\"invalid_token\"", "The token is not valid, or not any more.");
    }

    static string WhyNot(HttpContext context) => CurrentUser.IsMisnamed(context.User)
        ? $"The token's subject can't be a customer's id: 1 to {CurrentUser.MaxIdLength} characters in Unicode's form "
            + "NFKC, none of them invisible, no blanks around them, not dots alone."
        : "This is not for you to do.";

    static Task Challenge(HttpContext context, string challenge, string detail)
    {
        context.Response.Headers.WWWAuthenticate = challenge;
        return Refuse(context, new(RefusalKind.Unauthenticated, "unauthorized", detail));
    }

    static Task Refuse(HttpContext context, Refusal refusal) => refusal.ToProblem().ExecuteAsync(context);
}
