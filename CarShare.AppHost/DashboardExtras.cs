using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Diagnostics.HealthChecks;

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

    /// <summary>
    /// A button for a system that is still empty: cars to choose from, and deposits for alice and bob. Pressed again,
    /// it changes nothing.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithDemoData(
        this IResourceBuilder<ProjectResource> gateway, Identity identity)
    {
        if (gateway.ApplicationBuilder.ExecutionContext.IsPublishMode) return gateway;
        return gateway.WithCommand("demo-data", "Demo data", async context =>
        {
            var ct = context.CancellationToken;
            using var http = new HttpClient { BaseAddress = new(gateway.GetEndpoint("http").Url) };
            foreach (var (who, key, path, body) in DemoData)
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, path)
                {
                    Content = JsonContent.Create(body),
                    Headers =
                    {
                        { "Idempotency-Key", $"demo-data-{key}" },
                        { "Authorization", $"Bearer {await TokenOf(who, identity, http, ct)}" },
                    },
                };
                using var answer = await http.SendAsync(request, ct);
                // keys of cars are forgotten one day, their plates are not
                if (answer.StatusCode is not (HttpStatusCode.Created or HttpStatusCode.Conflict))
                    return CommandResults.Failure($"{path}: {await answer.Content.ReadAsStringAsync(ct)}");
            }

            return CommandResults.Success();
        }, new CommandOptions
        {
            IconName = "VehicleCar",
            UpdateState = context => context.ResourceSnapshot.HealthStatus is HealthStatus.Healthy
                ? ResourceCommandState.Enabled
                : ResourceCommandState.Disabled,
        });
    }

    static readonly (string Who, string Key, string Path, object Body)[] DemoData =
    [
        Cars("Ioniq 5", 9_000, "Seoul Station", "12GA3451", "12GA3452", "12GA3453"),
        Cars("Casper Electric", 5_000, "Hongdae", "34NA5671", "34NA5672"),
        Cars("Staria", 14_000, "Gimpo Airport", "56DA7891"),
        Deposit("alice"), Deposit("bob"),
    ];

    static (string, string, string, object) Cars(
        string modelName, int hourlyRate, string location, params string[] plates) =>
        ("operator", plates[0], "/stocks", new { modelName, hourlyRate, location, plates });

    static (string, string, string, object) Deposit(string customer) =>
        (customer, "deposit", "/deposits", new { amount = 500_000 });

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
                new("Bearer", await TokenOf("operator", identity, request.HttpClient, request.CancellationToken)),
        });
    }

    // in development everybody's password is the name
    static async Task<string> TokenOf(string user, Identity identity, HttpClient http, CancellationToken ct)
    {
        var authority = await identity.Authority.GetValueAsync(ct);
        using var form = new FormUrlEncodedContent(
            [new("grant_type", "password"), new("client_id", "carshare-cli"), new("username", user), new(
                "password", user)]);
        using var answer = await http.PostAsync(new Uri($"{authority}/protocol/openid-connect/token"), form, ct);
        answer.EnsureSuccessStatusCode();
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync(ct))!["access_token"]!.GetValue<string>();
    }
}
