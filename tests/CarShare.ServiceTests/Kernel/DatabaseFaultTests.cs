using System.Net;
using System.Net.Sockets;
using System.Text;
using CarShare.ServiceDefaults;
using CarShare.ServiceTests.Orders;
using Npgsql;

namespace CarShare.ServiceTests.Kernel;

public sealed class DatabaseFaultTests
{
    const string Dying = "E\0\0\0MSFATAL\0C57P01\0Mterminating connection due to unexpected postmaster exit\0\0";

    [Theory] // the process started for a client notices that the postmaster is dead
    [InlineData("Prefer", Dying)]
    [InlineData("Require", Dying)]
    [InlineData("Prefer", "N" + Dying)]
    [InlineData("Prefer", "")]
    public async Task A_server_that_dies_before_the_session_began_is_unavailable(string encryption, string answer)
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        using var stop = new CancellationTokenSource();
        server.Start();
        var dying = Answer(server, Encoding.ASCII.GetBytes(answer), stop.Token);
        await using var connection = new NpgsqlConnection(
            $"Host=127.0.0.1;Port={((IPEndPoint)server.LocalEndpoint).Port};Username=anybody;Password=any;SSL "
            + $"Mode={encryption};Timeout=5;Pooling=false");
        var error = await Assert.ThrowsAnyAsync<NpgsqlException>(() => connection.OpenAsync());
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dying);
        Assert.Equal(Fault.StoreAway, Faults.Of(new InvalidOperationException("as wrapped by others", error)));
    }

    /// <summary>Whatever is asked, and whoever asks, until the token says stop.</summary>
    static async Task Answer(TcpListener server, byte[] answer, CancellationToken ct)
    {
        while (true)
        {
            using var client = await server.AcceptTcpClientAsync(ct);
            await using var stream = client.GetStream();
            await stream.ReadExactlyAsync(new byte[8], ct);
            await stream.WriteAsync(answer, ct);
        }
    }
}

/// <summary>What the server, or our own code, got wrong is not the server's absence.</summary>
[Collection(OrdersCollection.Name)]
public sealed class DatabaseMistakeTests(OrdersFixture orders)
{
    [Fact]
    public async Task A_statement_the_server_refuses_is_a_mistake()
    {
        await using var connection = await orders.Connect();
        await using var command = new NpgsqlCommand("SELECT nothing_of_this_name", connection);
        Assert.Equal(
            Fault.Ours, Faults.Of(await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync())));
    }

    [Fact]
    public async Task Two_commands_at_once_on_one_session_are_a_mistake()
    {
        await using var connection = await orders.Connect();
        await using var first = new NpgsqlCommand("SELECT 1", connection);
        await using var reader = await first.ExecuteReaderAsync();
        await using var second = new NpgsqlCommand("SELECT 2", connection);
        var error = await Assert.ThrowsAnyAsync<NpgsqlException>(() => second.ExecuteNonQueryAsync());
        Assert.Equal(Fault.Ours, Faults.Of(error));
    }
}
