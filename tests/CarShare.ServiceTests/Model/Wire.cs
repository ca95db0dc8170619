using System.Net;
using System.Net.Sockets;

namespace CarShare.ServiceTests.Model;

public enum WireFault
{
    None,

    /// <summary>Nobody listens at the other end.</summary>
    Refuses,

    /// <summary>What is asked is done, and nobody hears of it.</summary>
    LosesAnswers,
}

/// <summary>The connection from orders to a neighbour, which a test can break at any moment.</summary>
public sealed class Wire : IAsyncDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _stop = new();
    readonly int _target;
    readonly Task _accepting;
    TaskCompletionSource _asked = new();

    public Wire(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = Accept();
    }

    public string Address => $"http://{_listener.LocalEndpoint}";

    public WireFault Fault { get; set; }

    /// <summary>Completes when the next request comes by.</summary>
    public Task NextRequest()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _asked, asked);
        return asked.Task;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    async Task Accept()
    {
        var carried = new List<Task>();
        try
        {
            while (true) carried.Add(Carry(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(carried);
        }
    }

    async Task Carry(TcpClient caller)
    {
        using var _ = caller;
        using var server = new TcpClient();
        try
        {
            if (Fault == WireFault.Refuses) return;
            await server.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
            await await Task.WhenAny(
                Pump(caller, server, isAnswer: false), Pump(server, caller, isAnswer: true));
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // One end is gone, and so is the other.
        }
    }

    async Task Pump(TcpClient from, TcpClient to, bool isAnswer)
    {
        var (source, target, buffer) = (from.GetStream(), to.GetStream(), new byte[16_384]);
        int read;
        while ((read = await source.ReadAsync(buffer, _stop.Token)) > 0)
        {
            if (Fault == WireFault.Refuses || (isAnswer && Fault == WireFault.LosesAnswers)) return;
            await target.WriteAsync(buffer.AsMemory(0, read), _stop.Token);
            if (!isAnswer) Volatile.Read(ref _asked).TrySetResult();
        }
    }
}
