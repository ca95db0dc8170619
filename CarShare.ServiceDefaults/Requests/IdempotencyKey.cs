using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using CarShare.ServiceDefaults.Authentication;
using CarShare.ServiceDefaults.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace CarShare.ServiceDefaults;

/// <summary>
/// The <c>Idempotency-Key</c> of a request (draft-ietf-httpapi-idempotency-key-header) and what it belongs to. A
/// parameter of this type is bound by itself; whoever takes it remembers the answer under it. Without one in the
/// signature, and without <see cref="Idempotency.IsIdempotent"/>, whatever changes something refuses the header: it is
/// never ignored.
/// </summary>
/// <param name="Value">1 to 100 characters of ASCII; null when none was sent.</param>
/// <param name="Caller">The token's subject, whomever it acts for: two callers' keys never meet.</param>
/// <param name="Operation">Method and path.</param>
/// <param name="RequestHash">Of the body in its canonical form, so that another way to write the same is the
/// same.</param>
/// <param name="Services">To write the answer with.</param>
public sealed record IdempotencyKey(
    string? Value, string Caller, string Operation, string RequestHash, IServiceProvider Services)
{
    /// <summary>Called by the framework.</summary>
    public static ValueTask<IdempotencyKey?> BindAsync(HttpContext context)
    {
        var body = context.Features.Get<CanonicalBody>()?.Utf8 ?? default;
        return new(new IdempotencyKey(
            context.Request.Headers[Idempotency.Header].FirstOrDefault(), Idempotency.CallerOf(context.User),
            $"{context.Request.Method} {OnePath(context.Request.Path)}",
            Convert.ToHexStringLower(SHA256.HashData(body.Span)), context.RequestServices));
    }

    /// <summary>Routes take a path in either case and with a slash behind it: it is the same operation.</summary>
    static string OnePath(PathString path) => path.Value!.TrimEnd('/').ToLowerInvariant();
}

/// <summary>What an endpoint says of repeats.</summary>
public static class Idempotency
{
    /// <summary>Its name.</summary>
    public const string Header = "Idempotency-Key";

    /// <summary>The longest key, in characters.</summary>
    public const int MaxKeyLength = 100;

    /// <summary>What is said of anything else.</summary>
    public const string Form = "must have 1 to 100 characters of ASCII, and no blanks around them";

    /// <summary>What can stand in a header: the same key by whichever adapter it comes.</summary>
    public static bool IsKey(string key) => key.Length is > 0 and <= MaxKeyLength
        && key.All(c => c is >= ' ' and <= '~') && key.AsSpan().Trim().Length == key.Length;

    /// <summary>
    /// Whose keys a request's are: the token's subject. Nobody's is that long or holds what no store keeps, but a
    /// provider may think otherwise; a token that names nobody is a caller's, too.
    /// </summary>
    public static string CallerOf(ClaimsPrincipal user) => user.FindFirstValue(Claims.Subject) switch
    {
        null => "",
        { Length: <= 200 } subject when Validator.IsCleanText(subject) => subject,
        var subject => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(subject))),
    };

    /// <summary>The header must be there: money or a rental moves.</summary>
    public static TBuilder RequireIdempotencyKey<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new KeyRequired());

    /// <summary>
    /// A repeat finds everything as the first request left it and answers the state of the day, so a key is kept
    /// without being stored.
    /// </summary>
    public static TBuilder IsIdempotent<TBuilder>(this TBuilder endpoint) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new NaturallyIdempotent());

    internal sealed class KeyRequired;

    internal sealed class NaturallyIdempotent;
}

/// <summary>The body as <see cref="RequestRules"/> wrote it anew.</summary>
sealed record CanonicalBody(ReadOnlyMemory<byte> Utf8);
