using System.Net;
using CarShare.CustomerPages.Data;
using CarShare.Deliveries.Data;
using CarShare.Notifications.Data;
using CarShare.Orders.Data;
using CarShare.Payments.Data;
using CarShare.Stocks.Data;
using CarShare.Tests;
using Microsoft.AspNetCore.Mvc.Testing;

namespace CarShare.ServiceTests.Contracts;

/// <summary>docs/probes.md, cell by cell.</summary>
public sealed class ProbeTests(Servers servers, IdentityServer identity)
{
    static readonly string[] Probes = ["/alive", "/health", "/started"];

    public static TheoryData<string> Situations => [.. Table().Select(row => row.Situation)];

    [Theory, MemberData(nameof(Situations))]
    public async Task Each_probe_answers_as_the_table_says(string situation)
    {
        var expected = Table().Single(row => row.Situation == situation).Answers;
        await using var service = new ProbedService(servers, identity);
        using var http = await service.In(situation);
        await Eventually.Holds(
            $"{situation}: {string.Join(' ', expected)}", async () => (await Answers(http)).SequenceEqual(expected));
        await Eventually.StaysTrue($"{situation} stays so", async () =>
            (await Answers(http)).SequenceEqual(expected), TimeSpan.FromSeconds(1));
    }

    // C36 C37: each service answers its own probes; a store that is away makes it unready, never dead.
    [Fact]
    public async Task Without_its_store_a_service_is_alive_but_not_ready()
    {
        await Probe(BareHost.Of<OrdersDb>("orders"));
        await Probe(BareHost.Of<StocksDb>("stocks"));
        await Probe(BareHost.Of<PaymentsDb>("payments"));
        await Probe(BareHost.Of<DeliveriesDb>("deliveries"));
        await Probe(BareHost.Of<NotificationsDb>("notifications"));
        await Probe(BareHost.Of<RedisStore>("customerpages"));
    }

    static async Task Probe<TEntry>(WebApplicationFactory<TEntry> service)
        where TEntry : class
    {
        await using var host = service;
        using var http = host.CreateClient();
        Assert.Equal(HttpStatusCode.OK, await Status(http, "/alive"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await Status(http, "/health"));
    }

    static async Task<string[]> Answers(HttpClient http)
    {
        var answers = new List<string>();
        foreach (var probe in Probes) answers.Add($"{(int)await Status(http, probe)}");
        return [.. answers];
    }

    static async Task<HttpStatusCode> Status(HttpClient http, string path)
    {
        using var answer = await http.GetAsync(path);
        return answer.StatusCode;
    }

    static IEnumerable<(string Situation, string[] Answers)> Table() =>
        from line in File.ReadLines(Path.Combine(ChildProcess.RepositoryRoot, "docs/probes.md"))
        let cells = line.Split('|', StringSplitOptions.TrimEntries)
        where cells.Length > 5 && int.TryParse(cells[2], out _)
        select (cells[1], cells[2..5]);
}
