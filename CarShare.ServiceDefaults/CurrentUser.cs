using System.Globalization;
using System.Security.Claims;
using CarShare.ServiceDefaults.Authentication;
using Microsoft.AspNetCore.Http;

namespace CarShare.ServiceDefaults;

/// <summary>
/// Who asks, as the token says. A parameter of this type is bound by itself; nobody known is a user without id who is
/// no operator.
/// </summary>
/// <param name="CustomerId">The customer (1 to 100 characters), or null.</param>
/// <param name="IsOperator">True for the company's staff.</param>
/// <param name="IsService">True for another service of CarShare.</param>
public sealed record CurrentUser(string? CustomerId, bool IsOperator, bool IsService = false)
{
    /// <summary>The longest customer id, in characters.</summary>
    public const int MaxIdLength = 100;

    /// <summary>Reads the claims <c>sub</c>, <c>roles</c> and <c>scope</c>.</summary>
    public static CurrentUser Of(ClaimsPrincipal principal) => new(
        IsCustomer(principal) && principal.FindFirst(Claims.Subject)?.Value is { } id && IsId(id) ? id : null,
        principal.HasClaim(Claims.Roles, Claims.Operator),
        // a provider that gives programs no scopes of their own gives them a role of that name
        principal.HasClaim(Claims.Roles, Claims.InternalScope)
            || principal.FindAll(Claims.Scope).Any(claim => claim.Value.Split(' ').Contains(Claims.InternalScope)));

    /// <summary>
    /// How long the token that was shown is still good; nothing that goes on longer than a request may outlive it.
    /// </summary>
    public static TimeSpan TokenLife(ClaimsPrincipal principal, TimeProvider clock)
    {
        var expires = principal.FindFirst(Claims.Expires)?.Value;
        var end = long.TryParse(expires, CultureInfo.InvariantCulture, out var seconds)
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : DateTimeOffset.MinValue;
        var left = end - clock.GetUtcNow();
        return left < TimeSpan.Zero ? TimeSpan.Zero : left > Longest ? Longest : left;
    }

    static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>Called by the framework.</summary>
    public static ValueTask<CurrentUser?> BindAsync(HttpContext context) => new(Of(context.User));

    /// <summary>True for a customer's token whose subject is no id: whoever shows it is nobody here.</summary>
    internal static bool IsMisnamed(ClaimsPrincipal principal) =>
        IsCustomer(principal) && !IsId(principal.FindFirst(Claims.Subject)?.Value ?? "");

    static bool IsCustomer(ClaimsPrincipal principal) => principal.HasClaim(Claims.Roles, Claims.Customer);

    /// <summary>
    /// One that every request reads back as it is, in path (where dots alone lead elsewhere), query and body: any other
    /// would be one customer here and another one there.
    /// </summary>
    static bool IsId(string id) => id is not ("" or "." or "..") && id.Length <= MaxIdLength && Text.Clean(id) == id;
}
