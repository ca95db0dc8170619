using System.Net;
using System.Net.Sockets;

namespace CarShare.LocalKafka;

/// <summary>
/// Puts the broker behind one fixed port, so that clients keep one address over restarts: the emulation listens at a
/// port that changes with every start.
/// </summary>
public sealed class BrokerProxy(IPEndPoint broker, int port)
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
            _ = PassOnAsync(client, cancellationToken);
        }
    }

    async Task PassOnAsync(Socket client, CancellationToken cancellationToken)
    {
        using var server = new Socket(broker.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using var _ = client;
        try
        {
            client.NoDelay = server.NoDelay = true;
            await server.ConnectAsync(broker, cancellationToken);
            using NetworkStream requests = new(client), answers = new(server);
            // where one side hangs up, so does the other
            await Task.WhenAny(
                requests.CopyToAsync(answers, cancellationToken), answers.CopyToAsync(requests, cancellationToken));
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // the broker is gone, or this program ends
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
