using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace CarShare.LoadTests.Chaos;

enum FaultKind { Kill, Stop, Restart, Freeze, Delay, Errors }

/// <summary>One disturbance, begun when so many orders have been; it lasts so long.</summary>
sealed record Fault(int AtOrder, FaultKind Kind, string Target, int Milliseconds)
{
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{AtOrder} {Kind} {Target} {Milliseconds}");
}

/// <summary>What happens to the system, from its seed alone.</summary>
sealed class FaultScript
{
    public const string Broker = "kafka";

    public static IReadOnlyList<string> Everything { get; } =
        [
            "gateway", "identity",
            "orders", "stocks", "payments", "deliveries", "notifications", "customerpages", "postgres", "redis", Broker,
        ];

    /// <summary>Every target is killed once per thousand orders; the other disturbances are as many together.</summary>
    public FaultScript(int orders, int seed)
    {
        var random = new Random(seed);
        var (kills, others) = (Math.Max(1, (orders + 999) / 1_000), Math.Max(1, orders / 3_000));
        var faults = new List<(FaultKind Kind, string Target)>();
        foreach (var target in Everything)
        {
            faults.AddRange(Enumerable.Repeat((FaultKind.Kill, target), kills));
            foreach (var kind in (FaultKind[])[FaultKind.Stop, FaultKind.Restart, FaultKind.Freeze])
                faults.AddRange(Enumerable.Repeat((kind, target), others));
        }

        foreach (var kind in (FaultKind[])[FaultKind.Delay, FaultKind.Errors])
            faults.AddRange(Enumerable.Repeat((kind, Broker), kills));
        var shuffled = faults.ToArray();
        random.Shuffle(shuffled);
        Faults = [.. shuffled.Select((fault, i) => new Fault(
            (int)((i + 1L) * orders / (shuffled.Length + 1)), fault.Kind, fault.Target, Length(fault.Kind, random)))];
        Hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', Faults))))[..16];
    }

    public IReadOnlyList<Fault> Faults { get; }

    /// <summary>The same for the same number of orders and seed.</summary>
    public string Hash { get; }

    // Longer than the ten seconds after which PostgreSQL ends a session that idles in a transaction, sometimes.
    static int Length(FaultKind kind, Random random) => kind switch
    {
        FaultKind.Freeze => random.Next(10) == 0 ? 12_000 : random.Next(200, 4_000),
        FaultKind.Kill or FaultKind.Stop => random.Next(10) == 0 ? 8_000 : random.Next(0, 2_000),
        FaultKind.Delay => random.Next(1_000, 5_000),
        _ => 0,
    };
}
