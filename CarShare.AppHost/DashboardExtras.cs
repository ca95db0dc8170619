using System.Text.Json.Nodes;

namespace CarShare.AppHost;

/// <summary>
/// What the dashboard shows beside states and logs: links, pictures, and what an operator may want to press.
/// </summary>
static class DashboardExtras
{
    public static IResourceBuilder<ProjectResource> WithDocs(this IResourceBuilder<ProjectResource> gateway) => gateway
        .WithIconName("GlobeArrowForward")
        .WithUrlForEndpoint("http", url => url.DisplayText = "gateway")
        .WithUrl($"{gateway.GetEndpoint("http")}/docs", "API");

    /// <summary>A button that handles the service's dead letters again.</summary>
    public static IResourceBuilder<ProjectResource> WithRedrive(
        this IResourceBuilder<ProjectResource> service, Identity identity) =>
        service.WithIconName("BoxMultiple")
            .WithOperatorCommand(identity, "/internal/events/redrive", "Redrive dead letters", "ArrowRepeatAll");

    /// <summary>A button that lets the customer page read the whole past again.</summary>
    public static IResourceBuilder<ProjectResource> WithRebuild(
        this IResourceBuilder<ProjectResource> pages, Identity identity) =>
        pages.WithOperatorCommand(identity, "/internal/customerpages/rebuild", "Rebuild pages", "ArrowSync");

    static IResourceBuilder<ProjectResource> WithOperatorCommand(
        this IResourceBuilder<ProjectResource> service, Identity identity, string path, string title, string icon)
    {
        // in a published system nobody has the operator's password lying about
        if (service.ApplicationBuilder.ExecutionContext.IsPublishMode) return service;
        return service.WithHttpCommand(path, title, endpointName: "http", commandOptions: new()
        {
            Method = HttpMethod.Post,
            IconName = icon,
            PrepareRequest = async request => request.Request.Headers.Authorization =
                new("Bearer", await OperatorToken(identity, request.HttpClient, request.CancellationToken)),
        });
    }

    static async Task<string> OperatorToken(Identity identity, HttpClient http, CancellationToken ct)
    {
        var authority = await identity.Authority.GetValueAsync(ct);
        using var form = new FormUrlEncodedContent(
            [new("grant_type", "password"), new("client_id", "carshare-cli"), new("username", "operator"), new(
                "password", "operator")]);
        using var answer = await http.PostAsync(new Uri($"{authority}/protocol/openid-connect/token"), form, ct);
        answer.EnsureSuccessStatusCode();
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync(ct))!["access_token"]!.GetValue<string>();
    }
}
