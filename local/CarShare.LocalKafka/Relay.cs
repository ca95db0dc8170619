using System.Net;
using System.Net.Sockets;

namespace CarShare.LocalKafka;

/// <summary>
/// Puts the broker behind one fixed port. The emulation advertises a port that changes with every start;
/// <see cref="Session"/> replaces it in the answers, so that clients keep one address over restarts.
/// </summary>
public sealed class Relay(IPEndPoint broker, int port)
{
    public async Task RunAsync(Action ready, CancellationToken cancellationToken)
    {
        using var ipv4 = Listen(IPAddress.Loopback);
        // "localhost" is tried as ::1 first where the machine has IPv6
        using var ipv6 = Socket.OSSupportsIPv6 ? TryListen(IPAddress.IPv6Loopback) : null;
        ready();
        await Task.WhenAll(AcceptAsync(ipv4, cancellationToken), ipv6 is null ? Task.CompletedTask : AcceptAsync(
            ipv6, cancellationToken));
    }

    async Task AcceptAsync(Socket listener, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var client = await listener.AcceptAsync(cancellationToken);
            _ = new Session(client, broker, port).RunAsync(cancellationToken);
        }
    }

    Socket Listen(IPAddress address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(address, port));
        socket.Listen(512);
        return socket;
    }

    Socket? TryListen(IPAddress address)
    {
        try
        {
            return Listen(address);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressNotAvailable)
        {
            return null;
        }
    }
}
