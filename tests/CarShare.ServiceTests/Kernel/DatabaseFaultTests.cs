using System.Net;
using System.Net.Sockets;
using CarShare.ServiceDefaults;
using Npgsql;

namespace CarShare.ServiceTests.Kernel;

public sealed class DatabaseFaultTests
{
    [Theory]
    [InlineData("Prefer")]
    [InlineData("Require")]
    public async Task A_server_that_ends_before_the_session_began_is_unavailable(string encryption)
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var refusing = Refuse(server);
        await using var connection = new NpgsqlConnection(
            $"Host=127.0.0.1;Port={((IPEndPoint)server.LocalEndpoint).Port};Username=anybody;Password=any;SSL Mode={encryption};Timeout=5;Pooling=false");
        var error = await Assert.ThrowsAsync<NpgsqlException>(() => connection.OpenAsync());
        server.Stop();
        await Assert.ThrowsAnyAsync<SocketException>(() => refusing);
        Assert.Contains("Request (expecting ", error.Message, StringComparison.Ordinal);
        Assert.True(DatabaseFaults.IsUnavailable(new InvalidOperationException("as wrapped by others", error)), error.Message);
    }

    /// <summary>As a process does that was started for a client when the postmaster dies: an error, whatever was asked.</summary>
    static async Task Refuse(TcpListener server)
    {
        while (true)
        {
            using var client = await server.AcceptTcpClientAsync();
            await using var stream = client.GetStream();
            await stream.ReadExactlyAsync(new byte[8]);
            await stream.WriteAsync("E\0\0\0MSFATAL\0C57P01\0Mterminating connection due to unexpected postmaster exit\0\0"u8.ToArray());
        }
    }
}
