using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace CarShare.ServiceDefaults.Requests;

/// <summary>
/// Headers that say something are heard or refused. The gateway asks the same, before it would join two of a name to
/// one.
/// </summary>
static class Headers
{
    /// <summary>The longest idempotency key, in characters.</summary>
    public const int MaxKeyLength = 100;

    const string Key = Idempotency.Header;

    static readonly string[] Once =
    [
        HeaderNames.Authorization, HeaderNames.ContentType, HeaderNames.ContentEncoding, Key, HeaderNames.IfMatch,
        HeaderNames.IfUnmodifiedSince, "Last-Event-ID",
    ];

    /// <exception cref="RequestRefusedException">One of them is there twice, or is no key.</exception>
    public static void Check(HttpRequest request)
    {
        foreach (var name in Once)
            if (request.Headers.TryGetValue(name, out var values) && values.Count > 1)
                throw new RequestRefusedException(StatusCodes.Status400BadRequest, (name, "is given twice"));
        if (request.Headers.TryGetValue(Key, out var keys) && !IsKey(keys))
            throw new RequestRefusedException(
                StatusCodes.Status400BadRequest, (Key, $"must have 1 to {MaxKeyLength} characters of ASCII"));
    }

    /// <summary>
    /// Conditions (RFC 9110 §13) protect the caller from changing what somebody else has changed: where they can't be
    /// kept, nothing is done. For reading they only save bytes, and an answer in full is always right.
    /// </summary>
    /// <exception cref="RequestRefusedException">One that this endpoint does not know.</exception>
    public static void CheckConditions(HttpRequest request, bool honoursIfMatch)
    {
        Refuse(HeaderNames.IfUnmodifiedSince, "is not supported: send If-Match with the ETag of what you have read");
        if (!honoursIfMatch) Refuse(HeaderNames.IfMatch, "is not supported here: nothing here has an ETag");
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)) return;
        Refuse(HeaderNames.IfNoneMatch, "is not supported here");
        Refuse(HeaderNames.IfModifiedSince, "is not supported here");
        Refuse(HeaderNames.IfRange, "is not supported here");
        Refuse(HeaderNames.ContentRange, "is not supported here");

        void Refuse(string name, string message)
        {
            if (request.Headers.ContainsKey(name))
                throw new RequestRefusedException(StatusCodes.Status400BadRequest, (name, message));
        }
    }

    /// <summary>
    /// A key is a promise of the caller's, that the same request may come again: where it is not understood, nothing is
    /// done.
    /// </summary>
    /// <exception cref="RequestRefusedException">It is missing where it must be there, or nobody here would keep
    /// it.</exception>
    public static void CheckKey(HttpRequest request, Inputs inputs)
    {
        if (request.Headers.ContainsKey(Key))
        {
            if (HttpMethods.IsPost(request.Method) && !inputs.HonoursKey)
                throw new RequestRefusedException(StatusCodes.Status400BadRequest, (Key, "is not supported here"));
        }
        else if (inputs.RequiresKey)
        {
            throw new RequestRefusedException(StatusCodes.Status400BadRequest, (Key, "is required"));
        }
    }

    static bool IsKey(StringValues keys) => keys.ToString() is { Length: > 0 and <= MaxKeyLength } key
        && key.All(c => c is >= ' ' and <= '~') && !string.IsNullOrWhiteSpace(key);
}
