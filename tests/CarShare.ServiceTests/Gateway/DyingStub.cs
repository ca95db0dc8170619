using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CarShare.ServiceTests.Gateway;

/// <summary>A service that reads a request and then dies, so many times, and answers the next ones.</summary>
sealed class DyingStub : IDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _end = new();
    readonly ConcurrentQueue<string> _requests = new();
    int _deaths;

    public DyingStub()
    {
        _listener.Start();
        _ = Accept();
    }

    public string Address => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>Every request as it came, head and body.</summary>
    public IReadOnlyList<string> Requests => [.. _requests];

    public void Die(int times)
    {
        _requests.Clear();
        _deaths = times;
    }

    public void Dispose()
    {
        _end.Cancel();
        _listener.Dispose();
        _end.Dispose();
    }

    async Task Accept()
    {
        while (!_end.IsCancellationRequested) _ = Serve(await _listener.AcceptTcpClientAsync(_end.Token));
    }

    async Task Serve(TcpClient client)
    {
        using (client)
        {
            var stream = client.GetStream();
            var request = await Read(stream);
            // the gateway reads these by itself every few seconds, in nobody's name
            if (request.StartsWith("GET /metrics ", StringComparison.Ordinal)) return;
            _requests.Enqueue(request);
            if (Interlocked.Decrement(ref _deaths) >= 0) return;
            var answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"u8.ToArray();
            await stream.WriteAsync(answer, _end.Token);
        }
    }

    async Task<string> Read(NetworkStream stream)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (!IsComplete(text.ToString()) && await stream.ReadAsync(buffer, _end.Token) is > 0 and var count)
            text.Append(Encoding.ASCII.GetString(buffer, 0, count));
        return text.ToString();
    }

    static bool IsComplete(string text)
    {
        var head = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (head < 0) return false;
        var length = text.Split("\r\n").Select(line => line.Split(": ", 2))
            .FirstOrDefault(pair => pair[0].Equals("Content-Length", StringComparison.OrdinalIgnoreCase));
        return text.Length - head - 4 >= (length is null ? 0 : int.Parse(length[1], null));
    }
}
