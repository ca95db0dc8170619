namespace CarShare.Messaging;

/// <summary>
/// Finds the place in one partition, and where it is gone reads from the publisher's outbox what the log can't tell any
/// more: page by page into the same transactions as always, then the log is joined where it ended before the first page
/// was asked for.
/// </summary>
sealed partial class CatchUp(
    ConsumerOptions options, IEventSink sink, Handling handling, IHttpClientFactory clients, Supervisor supervisor,
    MessagingMetrics metrics,
    TimeProvider clock, ILogger<CatchUp> logger)
{
    /// <summary>Name of the HTTP client used.</summary>
    public const string ClientName = "events";

    const int MostEvents = 500;
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(1), MostPatience = TimeSpan.FromSeconds(30);

    // Some partitions at once; the rest of the connections is for live traffic.
    readonly SemaphoreSlim _atOnce = new(3);

    /// <summary>Answers once the place is known, with <see cref="Reading.Position"/> where reading goes on.</summary>
    /// <param name="reading">The partition.</param>
    /// <param name="first">What stands where the proof should.</param>
    /// <param name="isGap">A record was found that does not follow what was read.</param>
    /// <param name="ends">Asks the broker for the ends of the partition.</param>
    /// <param name="ct">Cancelled when the partition is taken away.</param>
    public async Task<PlaceState> Settle(
        Reading reading, FirstRecord? first, bool isGap, Func<Ends> ends, CancellationToken ct)
    {
        while (true)
        {
            reading.MustProveAgain = false;
            var log = await supervisor.Retry(
                $"{options.Group}: the ends of {reading.Partition}", () => Task.Run(ends, ct), ct);
            var state = isGap ? PlaceState.Gap : Place.Judge(reading.Position, first, log);
            if (state is not (PlaceState.Unproved or PlaceState.Held)) await Pull(reading, state, log.High, ct);
            // While the connection was broken another broker may have answered: judged once more, from how far it has
            // come.
            if (!reading.MustProveAgain) return state;
            (first, isGap) = (null, false);
        }
    }

    async Task Pull(Reading reading, PlaceState state, long join, CancellationToken ct)
    {
        // Stored first: from now on nothing proves a place in this log.
        await Advance(reading, reading.Position with { NextOffset = join, LastId = null }, ct);
        var (from, count, request) = (reading.Position.LastSequence, 0, new Request());
        for (var isEnd = false; !isEnd;)
        {
            // a publisher that is away holds up its own partitions only
            var page = await Ask(reading, request, ct);
            await _atOnce.WaitAsync(ct);
            try
            {
                foreach (var events in page.Items.Select(item => Received(item, reading)).Chunk(options.BatchSize))
                    await Handle(reading, events, ct);
                if (page.Next > reading.Position.LastSequence)
                    await Advance(reading, reading.Position with { LastSequence = page.Next }, ct);
            }
            finally
            {
                _atOnce.Release();
            }

            metrics.CaughtUp(reading.Topic, page.Items.Count);
            (isEnd, count) = (page.IsEnd, count + page.Items.Count);
        }

        Log.CaughtUp(logger, options.Group, reading.Topic, reading.Number, state, count, from, join);
    }

    async Task Handle(Reading reading, ReceivedEvent[] events, CancellationToken ct)
    {
        var behind = events[^1].Behind(reading.Position);
        if (await handling.Together(events, [behind], ct))
        {
            reading.Position = behind;
            return;
        }

        foreach (var single in events)
        {
            behind = single.Behind(reading.Position);
            for (var attempt = 1; !await handling.Alone(single, behind, attempt, ct); attempt++)
                await Task.Delay(Handling.Rest(attempt), clock, ct);
            reading.Position = behind;
        }
    }

    async Task Advance(Reading reading, ConsumerPosition position, CancellationToken ct)
    {
        await supervisor.Retry($"{options.Group}: its position", async () =>
        {
            await sink.SavePosition(position, ct);
            return true;
        }, ct);
        reading.Position = position;
    }

    async Task<EventPage> Ask(Reading reading, Request request, CancellationToken ct)
    {
        var source = Topics.SourceOf(reading.Topic);
        while (true)
        {
            // A frozen replica never answers, the next one asked may at once. One that is slow, or whose events are
            // large, gets more time for fewer.
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            limit.CancelAfter(request.Patience);
            try
            {
                using var client = clients.CreateClient(ClientName);
                var page = await client.GetFromJsonAsync<EventPage>(
                    $"http://{source}/internal/events?topic={reading.Topic}&partition={reading.Number}"
                    + $"&after={reading.Position.LastSequence}&take={request.Events}", EventJson.Options, limit.Token)
                    ?? throw new JsonException("The page is null.");
                request.Events = Math.Min(request.Events * 2, MostEvents);
                return page;
            }
            catch (Exception e) when (e is not OperationCanceledException || !ct.IsCancellationRequested)
            {
                supervisor.Note($"{options.Group}: the events of {source}", e);
                if (e is not OperationCanceledException) await Task.Delay(TimeSpan.FromSeconds(1), clock, ct);
                else if (request.Patience >= MostPatience) request.Events = Math.Max(1, request.Events / 2);
                else request.Patience *= 2;
            }
        }
    }

    /// <summary>What one catch-up has learnt of its publisher.</summary>
    sealed class Request
    {
        public TimeSpan Patience { get; set; } = CatchUp.Patience;
        public int Events { get; set; } = MostEvents;
    }

    static ReceivedEvent Received(PublishedEvent item, Reading reading) => new(
        item.Id, item.Type, item.Sequence, item.OccurredAt, reading.Topic, reading.Number, reading.Position.NextOffset,
        item.Key,
        Encoding.UTF8.GetBytes(item.Payload), item.TraceParent)
    { IsPulled = true };

    static partial class Log
    {
        [LoggerMessage(LogLevel.Information,
            "{Group}: the place in {Topic}[{Partition}] was not held ({State}): {Count} events behind sequence "
            + "{After} read from the publisher, log joined at {Offset}")]
        public static partial void CaughtUp(
            ILogger logger, string group, string topic, int partition, PlaceState state, int count, long after,
            long offset);
    }
}
