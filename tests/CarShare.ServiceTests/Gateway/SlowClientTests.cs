using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using CarShare.Tests;

namespace CarShare.ServiceTests.Gateway;

/// <summary>Requests as no client library would send them.</summary>
[Collection(nameof(GatewayFixture))]
public sealed class SlowClientTests(GatewayFixture gateway, IdentityServer identity)
{
    [Fact]
    public async Task Who_sends_a_request_drop_by_drop_is_cut_off_and_nobody_waits_for_him()
    {
        var token = await identity.Token($"slow-{Guid.NewGuid():N}");
        var start = Stopwatch.GetTimestamp();
        var headers = Drip("GET /stocks HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
        var body = Drip(
            $"POST /orders HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Type: "
            + $"application/json\r\nContent-Length: 100000\r\n\r\n{{");

        using var others = gateway.As($"quick-{Guid.NewGuid():N}");
        for (var i = 0; i < 5; i++) Assert.Equal(HttpStatusCode.OK, (await others.GetAsync("/orders")).StatusCode);

        foreach (var answer in await Task.WhenAll(headers, body))
            Assert.True(answer is "" || Status(answer) is 408, answer);
        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.FromSeconds(1), Eventually.Moment);
    }

    [Theory]
    [InlineData(431, "/stocks", 20_000, 1)]
    [InlineData(431, "/stocks", 1, 70)]
    [InlineData(414, "/stocks?LONG", 1, 1)]
    public async Task More_than_a_request_needs_before_its_body_is_refused(
        int status, string target, int length, int headers)
    {
        using var socket = await gateway.Connect();
        var request = new StringBuilder(
            $"GET {target.Replace("LONG", new string('q', 9_000), StringComparison.Ordinal)} HTTP/1.1\r\nHost: "
            + $"localhost\r\n");
        for (var i = 0; i < headers; i++)
            request.Append(CultureInfo.InvariantCulture, $"X-Much-{i}: {new string('h', length)}\r\n");
        await Write(socket, request.Append("\r\n").ToString());
        Assert.Equal(status, Status(await Read(socket)));
    }

    [Theory]
    [InlineData("Content-Length: 1048577\r\n\r\n")]
    [InlineData("Content-Length: 9999999999999\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n")]
    public async Task A_body_over_a_mebibyte_is_a_problem(string framing)
    {
        using var socket = await gateway.Connect();
        await Write(
            socket,
            $"POST /orders HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
            + $"{await identity.Token($"large-{Guid.NewGuid():N}")}\r\n{framing}");
        if (framing.StartsWith("Transfer", StringComparison.Ordinal))
        {
            for (var sent = 0; sent <= 1 << 20; sent += 1 << 16)
                await Write(socket, $"10000\r\n{new string('b', 1 << 16)}\r\n");
        }

        var answer = await Read(socket);
        Assert.Equal(413, Status(answer));
        Assert.Contains("application/problem+json", answer, StringComparison.Ordinal);
    }

    /// <summary>
    /// Sends this, then a byte every now and then until the other side has had enough; answers what it said.
    /// </summary>
    async Task<string> Drip(string beginning)
    {
        using var socket = await gateway.Connect();
        await Write(socket, beginning);
        var answer = Read(socket);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (!answer.IsCompleted && await timer.WaitForNextTickAsync())
        {
            try
            {
                await Write(socket, "x");
            }
            catch (IOException)
            {
                break;   // cut off
            }
        }

        return await answer;
    }

    static async Task Write(TcpClient socket, string text) =>
        await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text));

    /// <summary>What comes until the gateway closes; nothing if it just hangs up.</summary>
    static async Task<string> Read(TcpClient socket)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var text = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            while (await socket.GetStream().ReadAsync(buffer, patience.Token) is var length and > 0)
                text.Append(Encoding.ASCII.GetString(buffer, 0, length));
        }
        catch (IOException)
        {
            // Reset: there was more to send than it wanted to read.
        }

        return text.ToString();
    }

    static int Status(string answer) => int.Parse(answer.Split(' ')[1], CultureInfo.InvariantCulture);
}
