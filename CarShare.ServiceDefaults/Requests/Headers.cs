using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace CarShare.ServiceDefaults.Requests;

/// <summary>
/// Headers that say something are heard or refused. The gateway asks the same, before it would join two of a name to
/// one.
/// </summary>
static class Headers
{
    const string Key = Idempotency.Header;

    static readonly string[] Once =
    [
        HeaderNames.Authorization, HeaderNames.ContentType, HeaderNames.ContentEncoding, Key, HeaderNames.IfMatch,
        HeaderNames.IfUnmodifiedSince, "Last-Event-ID",
    ];

    /// <exception cref="RequestRefusedException">One of them is there twice, or can't be read.</exception>
    public static void Check(HttpRequest request)
    {
        foreach (var name in Once)
            if (request.Headers.TryGetValue(name, out var values) && values.Count > 1)
                throw new RequestRefusedException(name, "is given twice");
        if (request.Headers.TryGetValue(Key, out var keys) && !Idempotency.IsKey(keys.ToString()))
            throw new RequestRefusedException(Key, Idempotency.Form);
        if (request.Headers.TryGetValue(HeaderNames.IfMatch, out var tags)
            && !EntityTagHeaderValue.TryParseStrictList([tags.ToString()], out _))
            throw new RequestRefusedException(HeaderNames.IfMatch, "must be entity tags in quotes, or *");
    }

    /// <summary>
    /// Conditions (RFC 9110 §13) protect the caller from changing what somebody else has changed: where they can't be
    /// kept, nothing is done. For reading they only save bytes, and an answer in full is always right.
    /// </summary>
    /// <exception cref="RequestRefusedException">One that this endpoint does not know.</exception>
    public static void CheckConditions(HttpRequest request, bool honoursIfMatch)
    {
        Refuse(HeaderNames.IfUnmodifiedSince, "is not supported: send If-Match with the ETag of what you have read");
        if (!honoursIfMatch)
            Refuse(HeaderNames.IfMatch, "is not supported here: it goes with a PATCH or DELETE of what has an ETag");
        if (IsRead(request)) return;
        Refuse(HeaderNames.IfNoneMatch, "is not supported here");
        Refuse(HeaderNames.IfModifiedSince, "is not supported here");
        Refuse(HeaderNames.IfRange, "is not supported here");
        Refuse(HeaderNames.ContentRange, "is not supported here");

        void Refuse(string name, string message)
        {
            if (request.Headers.ContainsKey(name))
                throw new RequestRefusedException(name, message);
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
            if (!IsRead(request) && !inputs.HonoursKey)
                throw new RequestRefusedException(Key, "is not supported here");
        }
        else if (inputs.RequiresKey)
        {
            throw new RequestRefusedException(Key, "is required");
        }
    }

    static bool IsRead(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
}
