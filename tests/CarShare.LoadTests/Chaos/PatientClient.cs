using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using CarShare.LoadTests.Running;

namespace CarShare.LoadTests.Chaos;

/// <summary>An answer that decides something.</summary>
sealed record Decision(HttpStatusCode Status, string Body);

/// <summary>
/// A good client: where it was held off or heard nothing it repeats the same request with the same key, as long as the
/// answer said or a little longer each time.
/// </summary>
sealed class PatientClient
{
    static readonly TimeSpan OneTry = TimeSpan.FromSeconds(15), Longest = TimeSpan.FromSeconds(3),
        GiveUp = TimeSpan.FromMinutes(4);

    readonly ConcurrentDictionary<string, int> _answers = new();

    /// <summary>How many answers of each kind there were; the last ones and those that were repeated.</summary>
    public IReadOnlyDictionary<string, int> Answers => _answers;

    /// <summary>Null when nobody answered for minutes.</summary>
    public async Task<Decision?> Retry(
        Person person, HttpMethod method, string route, object? body, string? key, CancellationToken ct)
    {
        var deadline = DateTime.UtcNow + GiveUp;
        var pause = TimeSpan.FromMilliseconds(100);
        while (DateTime.UtcNow < deadline)
        {
            var (decision, wait) = await Try(person, method, route, body, key, OneTry, ct);
            if (decision is not null) return decision;
            await Task.Delay(wait ?? pause, ct);
            pause = pause * 2 < Longest ? pause * 2 : Longest;
        }

        Count("given up");
        return null;
    }

    /// <summary>Sends once; null for what is no decision, with the time to wait if the answer said one.</summary>
    public async Task<(Decision? Decision, TimeSpan? Wait)> Try(
        Person person, HttpMethod method, string route, object? body, string? key, TimeSpan patience,
        CancellationToken ct)
    {
        using var oneTry = CancellationTokenSource.CreateLinkedTokenSource(ct);
        oneTry.CancelAfter(patience);
        try
        {
            using var answer = await person.Send(method, route, body, key, oneTry.Token);
            Count(((int)answer.StatusCode).ToString(CultureInfo.InvariantCulture));
            if (answer.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway
                or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout)
                return (null, answer.Headers.RetryAfter?.Delta is { } wait && wait < Longest ? wait : null);
            return (new(answer.StatusCode, await answer.Content.ReadAsStringAsync(oneTry.Token)), null);
        }
        catch (HttpRequestException)
        {
            Count("connection lost");
        }
        catch (IOException)
        {
            Count("connection lost");
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            Count(patience == OneTry ? "no answer" : "hung up");
        }

        return (null, null);
    }

    void Count(string answer) => _answers.AddOrUpdate(answer, 1, (_, n) => n + 1);
}
