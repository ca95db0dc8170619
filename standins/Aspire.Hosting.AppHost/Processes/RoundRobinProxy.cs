using System.Net;
using System.Net.Sockets;

namespace Aspire.Hosting.Processes;

/// <summary>One address in front of several instances: connections go round those that are ready, and past those that refuse.</summary>
sealed class RoundRobinProxy : IDisposable
{
    readonly IReadOnlyList<(int Port, Func<bool> IsReady)> targets;
    readonly List<Socket> listeners = [];
    readonly CancellationTokenSource stop = new();
    int turn;

    public RoundRobinProxy(int port, IReadOnlyList<(int Port, Func<bool> IsReady)> targets)
    {
        this.targets = targets;
        listeners.Add(Listen(IPAddress.Loopback, port));
        if (Socket.OSSupportsIPv6)
        {
            try
            {
                listeners.Add(Listen(IPAddress.IPv6Loopback, port));
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported)
            {
                // "localhost" has no IPv6 address here
            }
        }
        foreach (var listener in listeners) _ = AcceptAsync(listener);
    }

    static Socket Listen(IPAddress address, int port)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(address, port));
        socket.Listen(1024);
        return socket;
    }

    async Task AcceptAsync(Socket listener)
    {
        try
        {
            while (true) _ = RelayAsync(await listener.AcceptAsync(stop.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // the host stops
        }
    }

    async Task RelayAsync(Socket client)
    {
        using var near = client;
        try
        {
            using var far = await ConnectAsync();
            near.NoDelay = far.NoDelay = true;
            using var nearStream = new NetworkStream(near);
            using var farStream = new NetworkStream(far);
            var (there, back) = (PipeAsync(nearStream, farStream, far), PipeAsync(farStream, nearStream, near));
            // One side that breaks, as a killed process does, has to break the other: nobody would answer there any more.
            await await Task.WhenAny(there, back);
            await Task.WhenAll(there, back);
        }
        catch (Exception e) when (e is SocketException or IOException or OperationCanceledException)
        {
            // one side is gone, and with it the connection
        }
    }

    async Task<Socket> ConnectAsync()
    {
        var first = (int)((uint)Interlocked.Increment(ref turn) % targets.Count);
        // Ready or not is a second old; the others come last instead of not at all.
        var order = Enumerable.Range(first, targets.Count).Select(i => targets[i % targets.Count]).OrderByDescending(target => target.IsReady()).ToList();
        for (var attempt = 1; ; attempt++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, order[attempt - 1].Port, stop.Token);
                return socket;
            }
            catch (SocketException) when (attempt < targets.Count)
            {
                socket.Dispose();
            }
        }
    }

    async Task PipeAsync(NetworkStream from, NetworkStream to, Socket receiver)
    {
        await from.CopyToAsync(to, stop.Token);
        receiver.Shutdown(SocketShutdown.Send);
    }

    public void Dispose()
    {
        stop.Cancel();
        listeners.ForEach(l => l.Dispose());
    }
}
