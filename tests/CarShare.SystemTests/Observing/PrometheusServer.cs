using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using CarShare.Tests;

namespace CarShare.SystemTests.Observing;

/// <summary>
/// A real Prometheus that scrapes these targets every second and evaluates the rules of deploy/prometheus with sixty
/// times shorter spans: a minute is a second here, expressions and thresholds are the real ones.
/// </summary>
public sealed partial class PrometheusServer(IReadOnlyDictionary<string, Uri> targets) : IAsyncDisposable
{
    const int Faster = 60;

    readonly string _folder = Directory.CreateTempSubdirectory("carshare-prometheus-").FullName;
    readonly int _port = ChildProcess.FreePort();
    readonly HttpClient _http = new();
    ChildProcess? _process;

    public static bool IsInstalled => Environment.GetEnvironmentVariable("PATH")!.Split(':')
        .Any(folder => File.Exists(Path.Combine(folder, "prometheus")));

    public static string Rules => Path.Combine(ChildProcess.RepositoryRoot, "deploy/prometheus/alerts.yaml");

    public async Task Start()
    {
        _http.BaseAddress = new($"http://127.0.0.1:{_port}");
        await File.WriteAllTextAsync(
            Path.Combine(_folder, "alerts.yaml"), Span().Replace(await File.ReadAllTextAsync(Rules), Shorter));
        var jobs = targets.Select(t =>
            $"  - {{job_name: {t.Key}, static_configs: [{{targets: ['{t.Value.Host}:{t.Value.Port}']}}]}}");
        await File.WriteAllTextAsync(Path.Combine(_folder, "prometheus.yaml"),
            $$"""
            global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
            rule_files: [alerts.yaml]
            scrape_configs:
            {{string.Join('\n', jobs)}}
            """);
        _process = ChildProcess.Start("prometheus",
        [
            $"--config.file={_folder}/prometheus.yaml", $"--storage.tsdb.path={_folder}/data",
            $"--web.listen-address=127.0.0.1:{_port}", "--log.level=warn",
        ]);
        await _process.Listens(_port);
    }

    /// <summary>The values of the series an expression has now; those that are no number do not count.</summary>
    public async Task<IReadOnlyList<double>> Query(string expression)
    {
        using var answer = await _http.PostAsync(
            "/api/v1/query", new FormUrlEncodedContent([new("query", expression)]));
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.True(body.GetProperty("status").GetString() == "success", $"{expression}: {body}");
        return [.. body.GetProperty("data").GetProperty("result").EnumerateArray()
            .Select(series => double.Parse(series.GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture))
            .Where(double.IsFinite)];
    }

    /// <summary>Scrapes of the last minute that nobody answered in time.</summary>
    public async Task<double> MissedScrapes() =>
        (await Query("sum(count_over_time(up[1m]) - sum_over_time(up[1m]))")).Sum();

    /// <summary>True if the alert has fired since the server started, for this service if one is named.</summary>
    public async Task<bool> HasFired(string alert, string? job = null) =>
        (await Query(
            $"max_over_time(ALERTS{{alertname=\"{alert}\",alertstate=\"firing\""
            + $"{(job is null ? "" : $",job=\"{job}\"")}}}[1h])")).Count
            > 0;

    public Task Fires(string alert, string? job = null) =>
        Eventually.Holds($"{alert} {job} fires", () => HasFired(alert, job), TimeSpan.FromMinutes(2));

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    static string Shorter(Match span)
    {
        var seconds = int.Parse(
            span.Groups["number"].Value, CultureInfo.InvariantCulture) * span.Groups["unit"].Value switch
            {
                "s" => 1,
                "m" => 60,
                "h" => 3_600,
                _ => 86_400,
            };
        return $"{span.Groups["before"].Value}{seconds * 1_000 / Faster}ms{span.Groups["after"].Value}";
    }

    /// <summary>How long an alert waits, and how far an expression looks back.</summary>
    [GeneratedRegex(@"(?<before>for: |\[)(?<number>\d+)(?<unit>[smhd])(?<after>\]|\s*$)", RegexOptions.Multiline)]
    private static partial Regex Span();
}
