using System.Net;
using System.Text.Json;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace CarShare.ServiceTests.Gateway;

public sealed class DefectTests(IdentityServer identity)
{
    // C42
    [Theory]
    [InlineData("Development")]
    [InlineData("Production")]
    public async Task A_defect_tells_the_caller_nothing_but_where_to_look(string environment)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            EnvironmentName = environment,
            Args = [
            "--Authentication:Authority", identity.Authority, "--Draining:Delay", "00:00:00",
        ]
        });
        builder.AddServiceDefaults();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        app.MapServiceDefaults();
        app.MapGet("/stocks", new Func<string>(() => throw new InvalidOperationException("Password=secret")))
            .AllowAnyone();
        await app.StartAsync();
        using var http = new HttpClient { BaseAddress = new(app.Urls.First()) };

        using var answer = await http.GetAsync("/stocks");

        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal(["detail", "status", "title", "traceId", "type"], problem.EnumerateObject()
            .Select(member => member.Name).Order());
        Assert.Equal("urn:carshare:problem:internal", problem.GetProperty("type").GetString());
        Assert.DoesNotContain("secret", problem.GetRawText(), StringComparison.Ordinal);
    }
}
