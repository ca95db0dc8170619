using System.Text;
using CarShare.Contracts;
using CarShare.ServiceDefaults;
using CarShare.ServiceDefaults.Requests;
using Microsoft.AspNetCore.Routing.Template;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Transforms;

namespace CarShare.Gateway;

static class Proxy
{
    // What some proxy or framework may believe about the caller; who he is says the token alone. YARP writes the
    // X-Forwarded headers anew itself.
    static readonly string[] Spoofable =
        ["Forwarded", "X-Real-IP", "X-Original-URL", "X-Original-Host", "X-Rewrite-URL", "X-HTTP-Method-Override"];

    internal static void AddProxy(this IServiceCollection services, bool hasGrpc) => services.AddReverseProxy()
        .LoadFromMemory(
            hasGrpc ? [.. Routes.All, Routes.Grpc] : Routes.All,
            hasGrpc ? [.. Routes.Clusters, Routes.GrpcCluster] : Routes.Clusters)
        .AddServiceDiscoveryDestinationResolver()
        .ConfigureHttpClient((_, handler) =>
        {
            handler.ConnectTimeout = TimeSpan.FromSeconds(1);
            // Byte for byte, as they came in.
            handler.RequestHeaderEncodingSelector = handler.ResponseHeaderEncodingSelector = (_, _) => Encoding.Latin1;
        })
        .AddTransforms(transforms =>
        {
            transforms.AddXForwarded(ForwardedTransformActions.Set);
            foreach (var header in Spoofable) transforms.AddRequestHeaderRemove(header);
            transforms.AddRequestTransform(AskForTheHeadAlone);
            transforms.AddRequestTransform(KeepSlashesInside);
            transforms.AddResponseTransform(NameOwnMethods);
        });

    internal static void MapProxy(this IEndpointRouteBuilder app) => app.MapReverseProxy(proxy =>
    {
        proxy.Use(RefuseTunnels);
        proxy.Use(CheckIds);
        proxy.Use(AnswerForMissingService);
        proxy.Use(Unanswered.Handle);
        proxy.UseLoadBalancing();
    });

    /// <summary>
    /// Where a route leads to another one, the service would name what is wrong by a name that nobody used.
    /// </summary>
    static Task CheckIds(HttpContext http, RequestDelegate next)
    {
        foreach (var (name, value) in http.Request.RouteValues)
            if (name.EndsWith("Id", StringComparison.Ordinal) && !Ids.TryRead(value as string, out _))
                throw new RequestRefusedException(name, Ids.Form);
        return next(http);
    }

    static async Task AnswerForMissingService(HttpContext http, RequestDelegate next)
    {
        await next(http);
        if (http.Response.HasStarted || http.GetForwarderErrorFeature() is not { } error) return;
        // The request's own fault, such as a body over the limit, is told as what it is.
        if (Causes(error.Exception).OfType<BadHttpRequestException>().FirstOrDefault() is { } bad) throw bad;
        if (IsOfTheRequest(error))
            throw new RequestRefusedException("body", "could not be read");
        await Refusal.Unavailable(
            "unavailable", "This part of CarShare is not available at the moment. Try again shortly.").ToProblem()
            .ExecuteAsync(http);
    }

    /// <summary>What could not be read or sent on for what it is will not get better by being sent again.</summary>
    static bool IsOfTheRequest(IForwarderErrorFeature error) =>
        error.Error is ForwarderError.RequestCreation or ForwarderError.RequestBodyClient
        || Causes(error.Exception).Any(cause => cause is OverflowException or FormatException or ArgumentException);

    /// <summary>Nobody is tunnelled through, whatever a service would say to it.</summary>
    static Task RefuseTunnels(HttpContext http, RequestDelegate next) => HttpMethods.IsConnect(http.Request.Method)
        ? OtherMethods.Refuse(http, "DELETE, GET, HEAD, PATCH, POST")
        : next(http);

    /// <summary>A HEAD is routed as the GET it asks about, and is passed on as what it is.</summary>
    static ValueTask AskForTheHeadAlone(RequestTransformContext context)
    {
        if (context.HttpContext.IsHeadOnly()) context.ProxyRequest.Method = HttpMethod.Head;
        return default;
    }

    /// <summary>A slash inside a segment would be encoded twice, and the service would read another text.</summary>
    static ValueTask KeepSlashesInside(RequestTransformContext context)
    {
        if (context.Path.Value is not { } path || !PathText.HasSlash(path)) return default;
        var meant = path.Split('/')
            .Select(segment => Uri.EscapeDataString(PathText.AsMeant(context.HttpContext, segment)));
        context.ProxyRequest.RequestUri = new(
            $"{context.DestinationPrefix.TrimEnd('/')}{string.Join('/', meant)}{context.Query.QueryString}");
        return default;
    }

    /// <summary>A service does not know of the methods that are routed elsewhere.</summary>
    static ValueTask NameOwnMethods(ResponseTransformContext context)
    {
        var response = context.HttpContext.Response;
        if (response.StatusCode == StatusCodes.Status405MethodNotAllowed)
            response.Headers.Allow = string.Join(
                ", ", response.Headers.Allow.ToString().Split(", ", StringSplitOptions.RemoveEmptyEntries)
                    .Union(Elsewhere.Where(route => route.Path.TryMatch(context.HttpContext.Request.Path, []))
                        .SelectMany(route => route.Methods)));
        return default;
    }

    static readonly (TemplateMatcher Path, IReadOnlyList<string> Methods)[] Elsewhere =
        [.. Routes.All.Where(route => route.Match.Methods is { Count: > 0 })
            .Select(route => (new TemplateMatcher(TemplateParser.Parse(route.Match.Path!), []), route.Match.Methods!))];

    static IEnumerable<Exception> Causes(Exception? exception) => exception switch
    {
        null => [],
        AggregateException several => several.InnerExceptions.SelectMany(Causes),
        _ => Causes(exception.InnerException).Prepend(exception),
    };
}
