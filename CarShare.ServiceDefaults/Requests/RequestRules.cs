using System.Text.Json;
using System.Text.Unicode;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace CarShare.ServiceDefaults.Requests;

/// <summary>
/// What holds for every request of every route, in one place: it is read whole, said in one way, and nothing in it is
/// ignored. Behind this, endpoints bind what is left without being able to fail.
/// </summary>
public static class RequestRules
{
    /// <summary>After the access checks, so that strangers learn nothing, and before the endpoints.</summary>
    /// <param name="app">The pipeline.</param>
    /// <param name="answersItself">False for endpoints that pass the request on to somebody who asks the same; all by
    /// default.</param>
    public static void UseRequestRules(this IApplicationBuilder app, Predicate<Endpoint>? answersItself = null)
    {
        var json = app.ApplicationServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        app.Use(async (http, next) =>
        {
            Headers.Check(http.Request);
            if (http.GetEndpoint() is RouteEndpoint endpoint && endpoint.Metadata.GetMetadata<OwnFormat>() is null
                && answersItself?.Invoke(endpoint) != false)
            {
                var inputs = Inputs.Of(endpoint);
                Headers.CheckConditions(http.Request, inputs.HonoursIfMatch);
                Headers.CheckKey(http.Request, inputs);
                CheckPath(http, inputs);
                CheckQuery(http, inputs);
                await ReadBody(http, inputs, json);
            }

            await next(http);
        });
    }

    static void CheckPath(HttpContext http, Inputs inputs)
    {
        foreach (var (name, type) in inputs.Path)
        {
            if (http.Request.RouteValues[name] is not string said) continue;
            var text = PathText.AsMeant(http, said);
            if (Literals.Read(type, text, out var canonical) is { } wrong)
                throw new RequestRefusedException(name, wrong);
            http.Request.RouteValues[name] = canonical;
        }
    }

    static void CheckQuery(HttpContext http, Inputs inputs)
    {
        if (!http.Request.QueryString.HasValue) return;
        var (errors, read) =
            (new List<(string, string)>(), new Dictionary<string, StringValues>(StringComparer.Ordinal));
        foreach (var (name, values) in http.Request.Query)
        {
            if (!inputs.Query.TryGetValue(name, out var type))
                errors.Add((Text.Shown(name), "is not a known parameter"));
            else if (values is not [{ } text]) errors.Add((name, "is given twice"));
            else if (Literals.Read(type, text, out var canonical) is { } wrong) errors.Add((name, wrong));
            else read[name] = canonical;
        }

        if (errors.Count > 0) throw new RequestRefusedException(StatusCodes.Status400BadRequest, errors);
        http.Request.Query = new QueryCollection(read);
    }

    static async Task ReadBody(HttpContext http, Inputs inputs, JsonSerializerOptions json)
    {
        var request = http.Request;
        if (http.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
        {
            if (inputs.Body is { IsOptional: false }) throw new RequestRefusedException("body", "is missing");
            return;
        }

        if (request.Headers.ContentEncoding is { Count: > 0 } encoding
            && !encoding.ToString().Equals("identity", StringComparison.OrdinalIgnoreCase))
        {
            http.Response.Headers.AcceptEncoding = "identity";
            throw Unreadable(HeaderNames.ContentEncoding, "is not supported: send the body as it is");
        }

        if (inputs.Body is not null) CheckContentType(request);
        var body = await ReadToEnd(request, http.RequestAborted);
        if (inputs.Body?.RequestType is not { } type)
        {
            if (body.Span.Trim(" \t\r\n"u8) is { IsEmpty: false } text && !text.SequenceEqual("{}"u8))
                throw new RequestRefusedException("body", "is not expected here");
            return;
        }

        if (body.Span.StartsWith("\uFEFF"u8)) body = body[3..];
        if (body.Span.Trim(" \t\r\n"u8).IsEmpty)
        {
            if (inputs.Body.IsOptional) return;
            throw new RequestRefusedException("body", "is missing");
        }

        if (!Utf8.IsValid(body.Span)) throw new RequestRefusedException("body", "is not UTF-8");
        if (JsonBody.Read(body, type, json, out var canonical) is { Count: > 0 } errors)
            throw new RequestRefusedException(StatusCodes.Status400BadRequest, errors);
        http.Features.Set(new CanonicalBody(canonical));
        request.Body = new MemoryStream(canonical.ToArray());
        request.ContentLength = canonical.Length;
    }

    static async Task<ReadOnlyMemory<byte>> ReadToEnd(HttpRequest request, CancellationToken ct)
    {
        using var sent = new MemoryStream();
        try
        {
            await request.Body.CopyToAsync(sent, ct);
        }
        catch (Exception e) when (e is not (BadHttpRequestException or OperationCanceledException))
        {
            // Whatever the server stumbles over here, it is in what was sent: it tells a chunk's size out of range as
            // an overflow.
            throw new RequestRefusedException("body", "could not be read");
        }

        return sent.ToArray();
    }

    static void CheckContentType(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            || !(type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
                || type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase)))
            throw Unreadable(HeaderNames.ContentType, "must be application/json");
        if (type.Parameters.GroupBy(parameter => parameter.Name.Value, StringComparer.OrdinalIgnoreCase)
            .Any(named => named.Count() > 1))
            throw Unreadable(HeaderNames.ContentType, "has a parameter twice");
        if (type.Charset.HasValue
            && !HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase))
            throw Unreadable(HeaderNames.ContentType, "must be UTF-8, as JSON is");
    }

    static RequestRefusedException Unreadable(string header, string message) =>
        new(StatusCodes.Status415UnsupportedMediaType, (header, message));
}
