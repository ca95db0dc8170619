using CarShare.LoadTests.Load;
using CarShare.LoadTests.Running;

namespace CarShare.LoadTests.Bench;

/// <summary>
/// What telemetry costs: a system as it is published (metrics that are scraped, logs and one trace in ten sent to a
/// collector), one that sends every trace, and one with telemetry switched off. They take turns, each held still while
/// another works, because the machine is not the same from one minute to the next; each round gives a ratio of its own.
/// </summary>
sealed class TelemetryPart : IPart
{
    const double MostPercent = 5;

    static readonly TimeSpan ScrapeEvery = TimeSpan.FromSeconds(5);

    public string Name => "telemetry";

    public async Task Measure(Workbench bench, CancellationToken ct)
    {
        if (!bench.IsOwn)
        {
            Output.Say("telemetry needs systems of its own: ./carshare down");
            return;
        }

        using var unused = new Frozen(bench.System);
        await using var collector = await BareServer.Start(bench.System.Connection("redis"), ct);
        (string, string)[] sent =
        [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address.ToString()),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ];
        await using var published = await Side.Start("as published", bench.Options, [.. sent, .. Published()], ct);
        await using var all = await Side.Start(
            "every trace", bench.Options, [.. sent, ("OTEL_TRACES_SAMPLER", "parentbased_always_on")], ct);
        await using var without = await Side.Start("without", bench.Options, [("OTEL_SDK_DISABLED", "true")], ct);
        Side[] sides = [published, all, without];
        foreach (var side in sides) await Alone(side, sides, () => SystemPart.Warm(side.Bench, ct));
        for (var i = 0; i < bench.Options.Rounds; i++)
        {
            // there and back, so that nobody is always first
            foreach (var side in i % 2 == 0 ? sides : sides.Reverse()) await Alone(side, sides, () => side.Measure(ct));
            Output.Say($"round {i + 1}: {string.Join(", ", sides.Select(side => side.Last))}");
        }

        foreach (var side in sides)
        {
            bench.Add(Name, side.Name, Workbench.Median(side.Rates), "orders/s");
            bench.Add(Name, $"{side.Name}: gateway and services", Workbench.Median(side.Costs), "CPU-ms/order");
        }

        foreach (var side in sides.SkipLast(1))
        {
            var lost = side.Rates.Zip(without.Rates, (with, off) => 100 * (1 - with / off));
            bench.Add(
                Name, $"order throughput lost, {side.Name}", Workbench.Median(lost), "%",
                atMost: side == published ? MostPercent : null);
        }
    }

    static async Task Alone(Side side, IEnumerable<Side> sides, Func<Task> work)
    {
        var others = sides.Where(other => other != side).Select(other => new Frozen(other.System)).ToList();
        try
        {
            await work();
        }
        finally
        {
            foreach (var other in others) other.Dispose();
        }
    }

    /// <summary>What every pod is told about telemetry.</summary>
    static IEnumerable<(string, string)> Published() =>
        from line in File.ReadLines(Path.Combine(Repository.Root, "deploy/kubernetes/base/settings.env"))
        where line.StartsWith("OTEL_", StringComparison.Ordinal)
        let pair = line.Split('=', 2)
        select (pair[0], pair[1]);

    sealed class Side(string name, OwnSystem system, BenchOptions options) : IAsyncDisposable
    {
        readonly People _people = new(system);
        readonly Backlog _backlog = new(system);
        Workbench? _bench;

        public string Name => name;

        public OwnSystem System => system;

        public Workbench Bench => _bench ??= new(system, _people, _backlog, options);

        public List<double> Rates { get; } = [];

        public List<double> Costs { get; } = [];

        public string Last => $"{name} {Rates[^1]:0} orders/s, {Costs[^1]:0.00} CPU-ms each";

        public static async Task<Side> Start(
            string name, BenchOptions options, IReadOnlyCollection<(string Name, string Value)> variables,
            CancellationToken ct)
        {
            var settings = from service in Meters.Own
                           from variable in variables
                           select $"--Settings:{service}:{variable.Name}={variable.Value}";
            return new(name, await OwnSystem.Start([.. OwnSystem.ByOperators, .. settings], ct), options);
        }

        public async Task Measure(CancellationToken ct)
        {
            await Bench.Recovered(ct);
            await Bench.Fleet(options.MostOrdersPerSecond * (int)options.Duration.TotalSeconds, ct);
            await _backlog.Drained(TimeSpan.FromMinutes(5), ct);
            using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
            var (before, scraping) = (Cpu(), Scrape(end.Token));
            var round = await Bench.Orders(options.Clients[0], options.Duration, ct);
            Rates.Add(round.PerSecond);
            Costs.Add((Cpu() - before) / round.Accepted);
            await end.CancelAsync();
            await scraping;
        }

        double Cpu() =>
            Bench.Meters.Read().Where(r => Meters.Own.Contains(r.Resource)).Sum(r => r.CpuMilliseconds);

        /// <summary>As Prometheus would; where telemetry is off there is nothing to read.</summary>
        async Task Scrape(CancellationToken end)
        {
            using var http = new HttpClient();
            using var timer = new PeriodicTimer(ScrapeEvery);
            try
            {
                do
                {
                    foreach (var service in RunningSystem.Services)
                    {
                        using var answer = await http.GetAsync(new Uri(system.Service(service), "/metrics"), end);
                    }
                }
                while (await timer.WaitForNextTickAsync(end));
            }
            catch (OperationCanceledException) when (end.IsCancellationRequested)
            {
                // the round is over
            }
        }

        public async ValueTask DisposeAsync()
        {
            _people.Dispose();
            await _backlog.DisposeAsync();
            await system.DisposeAsync();
        }
    }
}
