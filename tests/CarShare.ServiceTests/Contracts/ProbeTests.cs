using System.Globalization;
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

    public static TheoryData<string, string> Cases => [.. Table().Select(row => (row.Situation, row.At))];

    // Some at once: most of each case is waiting.
    [Theory, MemberData(nameof(Cases))]
    public Task Each_probe_answers_as_the_table_says(string situation, string at) => Parallel.ForEachAsync(
        HostsAt(at), new ParallelOptions { MaxDegreeOfParallelism = 3 }, async (host, _) =>
        {
            var expected = Table().Single(row => row.Situation == situation && row.At == at).Answers;
            await using var probed = ProbedHost.Of(host, servers, identity);
            using var http = await probed.In(situation);
            await Eventually.Holds(
                $"{host}, {situation}: {string.Join(' ', expected)}",
                async () => (await Answers(http)).SequenceEqual(expected));
            await Eventually.StaysTrue($"{host}, {situation} stays so", async () =>
                (await Answers(http)).SequenceEqual(expected), TimeSpan.FromSeconds(1));
        });

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

    static IEnumerable<string> HostsAt(string place) => place switch
    {
        "all" => ProbedHost.All,
        "services" => ProbedHost.All.Except(["web", "gateway"]),
        "services but customerpages" => HostsAt("services").Except(["customerpages"]),
        _ => [place],
    };

    static IEnumerable<(string Situation, string At, string[] Answers)> Table() =>
        from line in File.ReadLines(Path.Combine(ChildProcess.RepositoryRoot, "docs/probes.md"))
        let cells = line.Split('|', StringSplitOptions.TrimEntries)
        where cells.Length > 6 && int.TryParse(cells[3], CultureInfo.InvariantCulture, out _)
        select (cells[1], cells[2], cells[3..6]);
}
