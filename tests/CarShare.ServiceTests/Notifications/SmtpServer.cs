using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace CarShare.ServiceTests.Notifications;

/// <summary>A mail that arrived.</summary>
public sealed record Mail(string From, string To, string Data)
{
    public string MessageId => Header("Message-ID");

    public string Text =>
        Encoding.UTF8.GetString(Convert.FromBase64String(Data[Data.IndexOf("\r\n\r\n", StringComparison.Ordinal)..]));

    public string Header(string name) =>
        Regex.Match(Data, $@"^{name}: ?(.*?)\r$", RegexOptions.Multiline | RegexOptions.IgnoreCase).Groups[1].Value;
}

/// <summary>The receiving end of SMTP (RFC 5321, the minimum of section 4.5.1).</summary>
public sealed class SmtpServer : IAsyncDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _stop = new();
    readonly ConcurrentBag<Task> _sessions = [];
    readonly Task _accepting;

    public SmtpServer()
    {
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = Accept();
    }

    public int Port { get; }

    public ConcurrentQueue<Mail> Mails { get; } = new();

    /// <summary>Answer to the end of the data for the given recipient; 250 keeps the mail.</summary>
    public Func<string, string> Answer { get; set; } = _ => "250 OK";

    /// <summary>Accepts connections and says nothing.</summary>
    public bool Silent { get; set; }

    async Task Accept()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var socket = await _listener.AcceptTcpClientAsync(_stop.Token);
                _sessions.Add(Converse(socket));
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    async Task Converse(TcpClient socket)
    {
        using var connection = socket;
        await using var stream = socket.GetStream();
        using var reader = new StreamReader(stream, Encoding.UTF8);
        try
        {
            if (Silent)
            {
                while (await reader.ReadLineAsync(_stop.Token) is not null) { }
                return;
            }

            await Say("220 test ready");
            var (from, to) = ("", "");
            while (await reader.ReadLineAsync(_stop.Token) is { } line)
            {
                switch (line.Split(' ', ':')[0].ToUpperInvariant())
                {
                    case "EHLO" or "HELO": await Say("250 test"); break;
                    case "MAIL": from = AddressIn(line); await Say("250 OK"); break;
                    case "RCPT": to = AddressIn(line); await Say("250 OK"); break;
                    case "DATA":
                        await Say("354 go on");
                        var data = await ReadData();
                        var answer = Answer(to);
                        if (answer.StartsWith("250", StringComparison.Ordinal)) Mails.Enqueue(new(from, to, data));
                        await Say(answer);
                        break;
                    case "QUIT": await Say("221 bye"); return;
                    default: await Say("502 not here"); break;
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // the client hung up, or the test is over
        }

        Task Say(string answer) => stream.WriteAsync(Encoding.ASCII.GetBytes(answer + "\r\n"), _stop.Token).AsTask();

        async Task<string> ReadData()
        {
            var data = new StringBuilder();
            while (await reader.ReadLineAsync(_stop.Token) is { } line)
            {
                if (line == ".") return data.ToString();
                data.Append(line.StartsWith('.') ? line[1..] : line).Append("\r\n");
            }

            throw new IOException("The mail was broken off.");
        }
    }

    static string AddressIn(string line) => Regex.Match(line, "<(.*?)>").Groups[1].Value;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        await Task.WhenAll(_sessions);
        _listener.Dispose();
        _stop.Dispose();
    }
}
