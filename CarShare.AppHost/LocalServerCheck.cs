using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CarShare.AppHost;

/// <summary>What to say to a server, the first byte of a good answer, and how to take leave without an error in its log.</summary>
record Greeting(byte[] Hello, byte Answer, byte[] Farewell);

static class PostgresGreeting
{
    // startup message of protocol 3.0 and Terminate: a server that is still recovering accepts connections, and answers with an error
    public static Greeting Instance { get; } = new(
        [0, 0, 0, 41, 0, 3, 0, 0, .. "user\0postgres\0database\0postgres\0\0"u8], (byte)'R', [(byte)'X', 0, 0, 0, 4]);
}

static class RedisGreeting
{
    public static Greeting Instance { get; } = new([.. "PING\r\n"u8], (byte)'+', [.. "QUIT\r\n"u8]);
}

/// <summary>Healthy when the server accepts a connection and, where it has a greeting, answers it.</summary>
sealed class LocalServerCheck(int port, Greeting? greeting) : IHealthCheck
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, port, patience.Token);
            if (greeting is null) return HealthCheckResult.Healthy();
            var stream = client.GetStream();
            await stream.WriteAsync(greeting.Hello, patience.Token);
            var answer = new byte[256];
            var length = await stream.ReadAsync(answer, patience.Token);
            if (length == 0 || answer[0] != greeting.Answer) return HealthCheckResult.Unhealthy("The server is not ready.");
            await stream.WriteAsync(greeting.Farewell, patience.Token);
            while (await stream.ReadAsync(answer, patience.Token) > 0) { }
            return HealthCheckResult.Healthy();
        }
        catch (Exception e) when (e is SocketException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return HealthCheckResult.Unhealthy(e.Message);
        }
    }
}
