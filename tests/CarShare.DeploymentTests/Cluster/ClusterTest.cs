using System.Globalization;

namespace CarShare.DeploymentTests.Cluster;

/// <summary>A CarShare in a real cluster; see tests/cluster/run.sh. Each test writes down what it sees.</summary>
public abstract class ClusterTest : IAsyncLifetime
{
    private protected static readonly TimeSpan Minutes = TimeSpan.FromMinutes(4);

    /// <summary>Orders a second that a replacement has to bear; everything else is seen at half of it.</summary>
    private protected static readonly double Rate =
        double.Parse(Environment.GetEnvironmentVariable("CARSHARE_CLUSTER_RATE") ?? "40", CultureInfo.InvariantCulture);

    static readonly string? Address = Environment.GetEnvironmentVariable("CARSHARE_CLUSTER");

    static Fleet? _fleet;

    Customers? _customers;

    private protected Customers Customers => _customers!;

    // one for all of them
    private protected static Fleet Fleet => _fleet!;

    public async ValueTask InitializeAsync()
    {
        if (Address is null) return;
        _customers = new(new(Address));
        // as many as are rented in a slow hour, when a replacement takes a quarter of it
        _fleet ??= await Customers.Fleet(models: 4, cars: 15_000);
    }

    public ValueTask DisposeAsync()
    {
        _customers?.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    private protected static void Here() =>
        Assert.SkipUnless(Address is not null, "No cluster: tests/cluster/run.sh starts one.");

    private protected static void Say(string what) => TestContext.Current.TestOutputHelper!.WriteLine(what);

    /// <summary>What is new in a process is compiled and connected by requests that nobody judges.</summary>
    private protected async Task Warm(double rate)
    {
        await using var load = Load(rate);
        try
        {
            await Eventually.Holds($"{rate} orders/s are answered well", () => Task.FromResult(load.IsCalm), Minutes);
        }
        finally
        {
            await load.Stop();
            Say($"warmed up: {load}");
        }
    }

    private protected Load Load(double rate) => Cluster.Load.Of(Customers, Fleet, rate);

    /// <summary>Whoever was told to have an order has it.</summary>
    private protected async Task NothingIsLost(Load load)
    {
        Assert.NotEmpty(load.Placed);
        Assert.Empty(await Customers.Missing(load.Placed));
    }
}
