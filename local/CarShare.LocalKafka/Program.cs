using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using CarShare.Contracts;
using CarShare.LocalKafka;

if ((args.FirstOrDefault() ?? Environment.GetEnvironmentVariable("PORT")) is not { } text
    || !int.TryParse(text, CultureInfo.InvariantCulture, out var port))
{
    Console.Error.WriteLine("Usage: CarShare.LocalKafka PORT (or the environment variable PORT)");
    return 2;
}

using var stop = new CancellationTokenSource();
using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
_ = Parent.WatchAsync(stop);

try
{
    using var cluster = new MockCluster(port);
    foreach (var topic in Topics.All) cluster.CreateTopic(topic, Topics.Partitions);
    _ = Faults.ObeyAsync(cluster, Environment.GetEnvironmentVariable("CARSHARE_LOGS"), stop.Token);
    _ = Retention.KeepAsync(cluster, stop.Token);
    var relay = new BrokerProxy(cluster.Broker, port);
    await relay.RunAsync(
        () => Console.WriteLine($"Kafka at 127.0.0.1:{port}: {string.Join(", ", Topics.All)}"), stop.Token);
    return 0;
}
catch (OperationCanceledException)
{
    return 0;
}
catch (DllNotFoundException)
{
    Console.Error.WriteLine("librdkafka is not installed: run ./carshare setup");
    return 1;
}
catch (SocketException e)
{
    Console.Error.WriteLine($"Port {port} cannot be opened: {e.Message}");
    return 1;
}

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.Cancel();
}
