using CarShare.Messaging;
using CarShare.Notifications.Data;
using CarShare.ServiceDefaults;
using Microsoft.Extensions.Options;

namespace CarShare.Notifications.Channels;

/// <summary>
/// Sends what waits, at least once and each channel on its own: a dead or slow one holds up neither the others nor the
/// storing of notifications. Replicas share the work.
/// </summary>
sealed partial class Sender(
    IEnumerable<INotificationChannel> channels, IServiceScopeFactory scopes, IOptions<SenderOptions> options,
    Supervisor supervisor, TimeProvider clock, ILogger<Sender> logger)
    : BackgroundService
{
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    // Past the timeout there is only the note of the outcome left to write.
    TimeSpan Lease => options.Value.Timeout + TimeSpan.FromSeconds(10);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(channels.Select(channel =>
            supervisor.Run($"Sending by {channel.Name}", ct => Run(channel, ct), stoppingToken)));

    async Task Run(INotificationChannel channel, CancellationToken ct)
    {
        while (true)
            if (await SendDue(channel, ct) < options.Value.Parallel) await Task.Delay(Pause, clock, ct);
    }

    async Task<int> SendDue(INotificationChannel channel, CancellationToken ct)
    {
        List<Letter> letters;
        await using (var scope = scopes.CreateAsyncScope())
        {
            letters = await scope.ServiceProvider.GetRequiredService<NotificationsDb>()
                .Claim(channel.Name, options.Value.Parallel, Lease, ct);
        }

        if (letters.Count == 0) return 0;
        var outcomes = await Task.WhenAll(letters.Select(letter => Send(channel, letter)));
        if (outcomes.FirstOrDefault(o => o.Error is not null) is { } failure)
            Log.NotSent(logger, channel.Name, outcomes.Count(o => o.Error is not null), outcomes.Length,
                failure.Error!);
        // what was sent is noted even while the process stops
        await using var after = scopes.CreateAsyncScope();
        await after.ServiceProvider.GetRequiredService<NotificationsDb>()
            .Note(channel.Name, outcomes, CancellationToken.None);
        return letters.Count;
    }

    async Task<Outcome> Send(INotificationChannel channel, Letter letter)
    {
        using var patience = new CancellationTokenSource(options.Value.Timeout, clock);
        try
        {
            await channel.Send(letter, patience.Token);
            return new(letter);
        }
        catch (UndeliverableException e)
        {
            return new(letter, e.Message);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            return new(letter, $"No answer within {options.Value.Timeout}.", options.Value.Plan.After(letter.Attempt));
        }
        catch (Exception e)
        {
            return new(letter, e.GetBaseException().Message, options.Value.Plan.After(letter.Attempt));
        }
    }

    static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{Channel}: {Failed} of {Count} notifications not sent: {Error}")]
        public static partial void NotSent(ILogger logger, string channel, int failed, int count, string error);
    }
}
