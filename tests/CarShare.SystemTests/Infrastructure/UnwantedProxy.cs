using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace CarShare.SystemTests;

/// <summary>An HTTP proxy that leads nowhere, and keeps the first line of whatever it is asked.</summary>
public sealed class UnwantedProxy : IDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public UnwantedProxy()
    {
        _listener.Start();
        _ = Listen();
    }

    public string Address => $"http://{_listener.LocalEndpoint}";

    public ConcurrentQueue<string> Asked { get; } = new();

    public void Dispose() => _listener.Dispose();

    async Task Listen()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync();
                using var reader = new StreamReader(client.GetStream());
                Asked.Enqueue(await reader.ReadLineAsync() ?? "");
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // the test is over
        }
    }
}
