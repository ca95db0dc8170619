using CarShare.Contracts;
using CarShare.LoadTests.Load;
using CarShare.LoadTests.Running;

namespace CarShare.LoadTests.Bench;

/// <summary>What every part of the bench works with.</summary>
sealed class Workbench(RunningSystem system, People people, Backlog backlog, BenchOptions options)
{
    const int Products = 20, Customers = 500, ProbesInARow = 20;
    static readonly string[] Probes = [
        "/stocks?limit=1", "/deposits", "/orders?limit=1", "/deliveries?limit=1", "/notifications?limit=1",
        "/customerpages?limit=1",
    ];

    Fleet? _fleet;

    public RunningSystem System => system;

    public People People => people;

    public Backlog Backlog => backlog;

    public BenchOptions Options => options;

    public Meters Meters { get; } = new(system);

    /// <summary>
    /// True for a system that ends with the bench; only that one may be filled with made-up rows or be frozen.
    /// </summary>
    public bool IsOwn => system is OwnSystem;

    /// <summary>The services have been under load for as long as their code needs to be compiled well.</summary>
    public bool IsWarm { get; set; }

    public List<Figure> Figures { get; } = [];

    public async Task<Fleet> Fleet(int cars, CancellationToken ct)
    {
        _fleet ??= await Load.Fleet.Prepare(people, Products, cars, Customers, ct);
        await _fleet.HasFree(cars, ct);
        return _fleet;
    }

    /// <summary>
    /// Accepted orders per second of so many clients without a pause, and everything that follows from them done before
    /// this returns.
    /// </summary>
    public async Task<Round> Orders(int clients, TimeSpan duration, CancellationToken ct, People? at = null)
    {
        var fleet = await Fleet(options.MostOrdersPerSecond * (int)duration.TotalSeconds, ct);
        if (at is not null) fleet = fleet.Through(at);
        await backlog.Drained(TimeSpan.FromMinutes(5), ct);
        var tally = new Tally();
        var took = await ClosedLoop.Run(clients, duration, new Renters(fleet, tally).Place, ct);
        var accepted = tally.Count(Outcome.Good);
        if (accepted == 0)
            throw new CannotRunException(
                $"No order was accepted: "
                + $"{string.Join(", ", tally.Rows(took).Select(r => $"{r.Answer} {r.Latency.Count}"))}");
        var drained = await backlog.Drained(TimeSpan.FromMinutes(5), ct);
        var good = tally.Rows(took).Where(r => r.Outcome == Outcome.Good).Select(r => r.Latency).First();
        return new(clients, accepted, tally.Count(Outcome.Shed), tally.Count(Outcome.Failed), accepted
            / took.TotalSeconds, accepted / (took + drained).TotalSeconds, good);
    }

    /// <summary>One order of one customer, with everything that follows from it done.</summary>
    public async Task<(Person Customer, OrderDto Order)> PlaceOne(CancellationToken ct)
    {
        var fleet = await Fleet(10, ct);
        var customer = fleet.Customers[0];
        var order = await customer.Needs<OrderDto>(HttpMethod.Post, "/orders",
            new { productId = fleet.Products[0], hours = 1, deliveryAddress = "Seoul, Jung-gu 1" }, ct);
        fleet.Took();
        await backlog.Drained(TimeSpan.FromMinutes(1), ct);
        return (customer, order);
    }

    /// <summary>Waits until every service has answered some times in a row.</summary>
    public async Task Recovered(CancellationToken ct)
    {
        var deadline = DateTime.UtcNow.AddMinutes(2);
        for (var good = 0; good < ProbesInARow;)
        {
            var answered = true;
            foreach (var route in Probes)
            {
                using var answer = await people.Customer("probe").Get(route, ct);
                answered &= answer.IsSuccessStatusCode;
            }

            good = answered ? good + 1 : 0;
            if (DateTime.UtcNow > deadline)
                throw new CannotRunException("The services do not recover from having been held still.");
            await Task.Delay(100, ct);
        }
    }

    public void Add(
        string part, string what, double value, string unit, double? atLeast = null, double? atMost = null) =>
        Figures.Add(new(part, what, Math.Round(value, Math.Abs(value) < 10 ? 2 : 0), unit, atLeast, atMost));

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count == 0 ? 0 : (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }
}

/// <param name="Rounds">Of each measurement; the median counts.</param>
/// <param name="Duration">Of a round.</param>
/// <param name="Clients">Numbers of clients to try; the best counts.</param>
/// <param name="Stored">Stored orders for the growth part.</param>
sealed record BenchOptions(int Rounds, TimeSpan Duration, IReadOnlyList<int> Clients, int Stored)
{
    /// <summary>Enough cars for this rate stand ready.</summary>
    public int MostOrdersPerSecond => 1_000;
}

/// <param name="Clients">At once.</param>
/// <param name="Accepted">Orders answered 201.</param>
/// <param name="Shed">503 with Retry-After, 429.</param>
/// <param name="Failed">Any other answer.</param>
/// <param name="PerSecond">Accepted orders by the time of the load.</param>
/// <param name="FinishedPerSecond">Accepted orders by the time until no event was on its way any more.</param>
/// <param name="Latency">Of the accepted ones.</param>
sealed record Round(int Clients, long Accepted, long Shed, long Failed, double PerSecond, double FinishedPerSecond,
    LatencySummary Latency);

/// <summary>A measured number, and what it must be where something was promised.</summary>
sealed record Figure(string Part, string What, double Value, string Unit, double? AtLeast, double? AtMost)
{
    public bool IsGood => !(Value < AtLeast) && !(Value > AtMost);
}
