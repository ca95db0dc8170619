using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace CarShare.AppHost;

/// <summary>Healthy when the server accepts a connection.</summary>
class PortAnswers(int port) : IHealthCheck
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            return await Ask(patience.Token)
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy("The server is not ready.");
        }
        catch (Exception e) when (e is SocketException or IOException or NpgsqlException ||
            (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return HealthCheckResult.Unhealthy(e.Message);
        }
    }

    protected virtual async Task<bool> Ask(CancellationToken ct)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port, ct);
        return true;
    }
}

/// <summary>A server that still recovers accepts connections, and answers with an error.</summary>
sealed class PostgresAnswers(int port, string password) : PortAnswers(port)
{
    readonly NpgsqlDataSource _server = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = port,
        Username = "postgres",
        Password = password,
        Database = "postgres",
        Pooling = false,
        Timeout = 3,
    });

    protected override async Task<bool> Ask(CancellationToken ct)
    {
        await using var connection = await _server.OpenConnectionAsync(ct);
        return true;
    }
}

/// <summary>A server that still loads its file accepts connections, and answers PING with an error.</summary>
sealed class RedisAnswers(int port, string password) : PortAnswers(port)
{
    readonly int _port = port;

    protected override async Task<bool> Ask(CancellationToken ct)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _port, ct);
        using var reader = new StreamReader(client.GetStream());
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"AUTH {password}\r\nPING\r\nQUIT\r\n"), ct);
        return await reader.ReadLineAsync(ct) == "+OK" && await reader.ReadLineAsync(ct) == "+PONG";
    }
}
