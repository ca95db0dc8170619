using System.Net;
using CarShare.Orders.Data;
using CarShare.Persistence;
using CarShare.ServiceDefaults;
using CarShare.Tests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CarShare.ServiceTests.Requests;

/// <summary>While something is away every request meets it: the log says so in a line, not in all of them.</summary>
public sealed class QuietLogTests(IdentityServer identity) : IAsyncLifetime
{
    const int Requests = 40;

    readonly LogLines _log = new();
    WebApplication _app = null!;
    HttpClient _http = null!;

    [Theory]
    [InlineData("/read")]
    [InlineData("/write")]
    [InlineData("/neighbour")]
    public async Task Requests_that_meet_what_is_away_are_one_line_and_no_stack_trace(string route)
    {
        var statuses = await Task.WhenAll(Enumerable.Range(0, Requests).Select(async _ =>
        {
            using var answer = await _http.GetAsync(route);
            return answer.StatusCode;
        }));

        Assert.All(statuses, status => Assert.Equal(HttpStatusCode.ServiceUnavailable, status));
        var line = Assert.Single(_log.Lines, text => text.Contains("can't be answered now", StringComparison.Ordinal));
        Assert.Contains("StoreAway", line, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", _log.Text, StringComparison.Ordinal);
        Assert.InRange(_log.Lines.Count, 1, 5);
    }

    [Fact]
    public async Task A_mistake_of_ours_keeps_its_stack_trace()
    {
        using var answer = await _http.GetAsync("/mistake");

        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Contains("   at ", _log.Text, StringComparison.Ordinal);
    }

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            Args = [
                .. identity.Settings("orders").Select(setting => $"--{setting.Key}={setting.Value}"),
                "--Draining:Delay", "00:00:00",
                "--ConnectionStrings:nowhere", "Host=127.0.0.1;Port=1;Username=nobody;Database=nowhere",
                "--services:nowhere:http:0", "http://127.0.0.1:1",
            ],
        });
        builder.AddServiceDefaults();
        builder.AddPostgresStore<OrdersDb>("nowhere", (_, _) => Task.CompletedTask);
        builder.Services.AddInternalClient<Neighbour>("nowhere");
        builder.Logging.ClearProviders().AddProvider(_log);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapServiceDefaults();
        var routes = _app.MapGroup("").AllowAnyone();
        routes.MapGet("/read", (OrdersDb db, CancellationToken ct) => db.Orders.AnyAsync(ct));
        routes.MapGet("/write", async (OrdersDb db, CancellationToken ct) =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync(ct);
            return await db.Database.ExecuteSqlAsync($"DELETE FROM orders", ct);
        });
        routes.MapGet("/neighbour", (Neighbour neighbour, CancellationToken ct) => neighbour.Ask(ct));
        routes.MapGet("/mistake", IResult () => throw new InvalidOperationException("A case nobody knew."));
        await _app.StartAsync();
        _http = new() { BaseAddress = new(_app.Urls.First()) };
        await Eventually.Holds("it has tried to warm up", async () =>
            (await _http.GetStringAsync("/alive")).Length > 0);
        _log.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
    }

    sealed class Neighbour(HttpClient http)
    {
        public Task<string> Ask(CancellationToken ct) => http.GetStringAsync(new Uri("/stocks", UriKind.Relative), ct);
    }
}
