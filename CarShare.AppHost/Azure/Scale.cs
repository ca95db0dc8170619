using System.Text.Json;

namespace CarShare.AppHost.Azure;

/// <summary>How many of a service there are, and what makes them more; as in deploy/kubernetes.</summary>
sealed record Scale(int Min, int Max, bool ByLag = false)
{
    const int CpuPercent = 50, Requests = 50;

    // beside the Kubernetes objects that use it as well
    const string LagSource = "../../deploy/kubernetes/components/keda/lag.env";

    public static Scale Of(string service) => service switch
    {
        "gateway" or "orders" => new(2, 10),
        "deliveries" or "notifications" or "customerpages" => new(2, 6, ByLag: true),
        _ => new(2, 3),
    };

    public string Shape(int port, int healthPort, bool isExternal) => JsonSerializer.Serialize(new
    {
        port,
        healthPort,
        external = isExternal,
        min = Min,
        max = Max,
        cpu = "0.25",
        memory = "0.5Gi",
        requests = $"{Requests}",
        cpuPercent = $"{CpuPercent}",
    });

    /// <summary>KEDA's rule for a consumer group; without a topic it is all that the group has subscribed to.</summary>
    public IEnumerable<(string Name, string Value)> Lag(string group, string bootstrapServers)
    {
        if (!ByLag) return [];
        var rule = File.ReadLines(Path.Combine(Publishing.Folder, LagSource)).Select(line => line.Split('=', 2));
        return
        [
            .. rule.Select(pair => (pair[0], pair[1])), ("bootstrapServers", bootstrapServers),
            ("consumerGroup", group), ("sasl", "plaintext"), ("tls", "enable"),
        ];
    }
}
