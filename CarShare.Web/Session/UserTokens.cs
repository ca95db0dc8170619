using Microsoft.AspNetCore.Authentication;

namespace CarShare.Web.Session;

/// <summary>The access token of whoever the request is from; it never leaves the server.</summary>
sealed class UserTokens(IHttpContextAccessor request)
{
    public async Task<string?> Access(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return request.HttpContext is { User.Identity.IsAuthenticated: true } http
            ? await http.GetTokenAsync("access_token") : null;
    }
}
