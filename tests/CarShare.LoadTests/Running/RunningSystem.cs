using System.Globalization;

namespace CarShare.LoadTests.Running;

/// <summary>
/// A system that is up: its addresses and connection strings, as its AppHost wrote them into its log directory
/// (<c>CARSHARE_LOGS</c>).
/// </summary>
class RunningSystem(string logs, string? data = null) : IAsyncDisposable
{
    public static IReadOnlyList<string> Services { get; } =
        ["orders", "stocks", "payments", "deliveries", "notifications", "customerpages"];

    /// <summary>The directory that identifies this run; every process of it has it as <c>CARSHARE_LOGS</c>.</summary>
    public string Logs { get; } = Path.GetFullPath(logs);

    /// <summary>Where its servers keep their data, by default beside the logs.</summary>
    public string Data { get; } = Path.GetFullPath(data ?? Path.Combine(logs, "../data"));

    public Uri Gateway => Address("gateway")!;

    /// <summary>Null in a system without an identity provider of its own.</summary>
    public Uri? Identity => Address("identity");

    /// <summary>A service itself, past the gateway.</summary>
    public Uri Service(string name) =>
        Address(name) ?? throw new CannotRunException($"{name} has no address in {Logs}/state.");

    /// <summary>Connection string of a database (<c>ordersdb</c>, …), <c>redis</c> or <c>kafka</c>.</summary>
    public string Connection(string name) =>
        Lines("connections").Select(line => line.Split(' ', 2)).FirstOrDefault(line => line[0] == name)?[1]
            ?? throw new CannotRunException($"{name} is not in {Logs}/connections.");

    /// <summary>The system started by <c>./carshare up</c>, which says where it is, or null.</summary>
    public static async Task<RunningSystem?> Find(CancellationToken ct)
    {
        var system = new RunningSystem(
            Environment.GetEnvironmentVariable("CARSHARE_LOGS") ?? Path.Combine(Repository.Root, ".carshare/logs"),
            Environment.GetEnvironmentVariable("CARSHARE_DATA"));
        return system.Address("gateway") is not null && system.Lines("connections").Length > 0
            && await system.Answers(ct) ? system : null;
    }

    /// <summary>
    /// The system that is up, or else one of its own, which ends with the answer's disposal. The arguments go to that
    /// one's AppHost.
    /// </summary>
    public static async Task<RunningSystem> FindOrStart(IEnumerable<string> arguments, CancellationToken ct)
    {
        if (await Find(ct) is { } up)
        {
            Output.Say($"using the system at {up.Gateway}");
            return up;
        }

        return await OwnSystem.Start(arguments, ct);
    }

    public IReadOnlyList<ResourceState> States() => [.. Lines("state").Select(ResourceState.Parse)];

    /// <summary>
    /// Answers what the measurement says. Unless that is good, and also when it could not be made, there is something
    /// to look at: a system of one's own leaves its data and logs behind.
    /// </summary>
    public async Task<bool> Judge(Func<Task<bool>> measurement)
    {
        var isGood = false;
        try
        {
            return isGood = await measurement();
        }
        finally
        {
            if (!isGood) Keep();
        }
    }

    protected virtual void Keep()
    {
    }

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    async Task<bool> Answers(CancellationToken ct)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        try
        {
            using var answer = await http.GetAsync(new Uri(Gateway, "/stocks?limit=1"), ct);
            return true;
        }
        catch (Exception e)
            when (e is HttpRequestException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return false;
        }
    }

    Uri? Address(string resource) => States().FirstOrDefault(s => s.Resource == resource)?.Address;

    string[] Lines(string file)
    {
        var path = Path.Combine(Logs, file);
        return File.Exists(path) ? File.ReadAllLines(path) : [];
    }
}

/// <summary>A line of the AppHost's state file: one per instance of a resource.</summary>
sealed record ResourceState(string Resource, string State, string Health, int? ExitCode, Uri? Address)
{
    public bool IsReady => (State == "Running" && Health == "Healthy") || (State == "Finished" && ExitCode == 0);

    public bool HasFailed => State == "FailedToStart" || State == "Exited" || (State == "Finished" && ExitCode != 0);

    public static ResourceState Parse(string line)
    {
        var parts = line.Split(' ');
        return new(
            parts[0], parts[1], parts[2],
            int.TryParse(parts[3], CultureInfo.InvariantCulture, out var code) ? code : null,
            parts[4] == "-" ? null : new Uri(parts[4]));
    }
}
