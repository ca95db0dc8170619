using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using CarShare.CustomerPages.Domain;
using CarShare.CustomerPages.Events;
using CarShare.Messaging;
using CarShare.ServiceDefaults;

namespace CarShare.CustomerPages.Data;

/// <summary>
/// Effects in Redis: one script per event stores the effect and the position behind it together, a batch is a pipeline
/// of them. A script runs only where the position it follows is stored, so a pipeline broken in the middle is resumed
/// and a flushed or restored server is noticed.
/// </summary>
public sealed class PageSink(RedisStore store, PageMetrics metrics, TimeProvider clock) : IEventSink
{
    const string Positions = "positions", DeadLetters = "dead-letters", Redriven = "dead-letters:redriven";

    // By partition; never two calls about one at a time.
    readonly ConcurrentDictionary<string, long> _reached = new();

    public async Task<HandledEvents> Handle(IReadOnlyList<ReceivedEvent> batch,
        IReadOnlyCollection<ConsumerPosition> positions, CancellationToken ct)
    {
        // Read all first: a malformed event fails the batch before anything is sent.
        var told = batch.Select(received => (received, EventReader.Read(received))).ToList();
        var reached = new Dictionary<string, long>();
        var runs = new List<Task<long>>(batch.Count);
        using var spans = new ConsumerSpans();
        foreach (var (received, what) in told)
        {
            using (spans.Of(received)) runs.Add(Apply(received, what, Step(reached, received.Behind(null))));
        }

        // A partition whose last record repeated an id of the batch stands further than its last event.
        runs.AddRange(positions.Where(p => reached.GetValueOrDefault(Key(p)) < p.NextOffset)
            .Select(p => Run("", Step(reached, p))));
        var answers = await Task.WhenAll(runs);
        if (answers.Contains(-1)) throw new PositionLostException(
            "Redis no longer has the positions these events follow.");
        spans.Committed();
        metrics.Shown(told.Where(e => e.Item2 is not null).Select(e => e.received));
        foreach (var (partition, next) in reached) _reached[partition] = next;
        var (fresh, known) = (answers.Count(answer => answer == 1), told.Count(e => e.Item2 is not null));
        return new(fresh, known - fresh);
    }

    public Task<long> CountDeadLetters(CancellationToken ct) => store.CountFields(DeadLetters, ct);

    public async Task Park(ReceivedEvent letter, Exception error, ConsumerPosition position, CancellationToken ct)
    {
        var parked = new DeadLetter
        {
            Id = letter.Id,
            Type = DeadLetter.Storable(letter.Type),
            Topic = letter.Topic,
            Partition = letter.Partition,
            Offset = letter.Offset,
            Key = DeadLetter.Storable(letter.Key),
            Sequence = letter.Sequence,
            Payload = letter.Payload,
            TraceParent = DeadLetter.Storable(letter.TraceParent),
            Error = DeadLetter.Storable(error.ToString()),
            ParkedAt = clock.GetUtcNow(),
        };
        var reached = new Dictionary<string, long>();
        var step = Step(reached, position);
        if (await Run(DeadLetters, step, "park", letter.Id.ToString(), JsonSerializer.Serialize(parked)) == -1)
            throw new PositionLostException("Redis no longer has the position this dead letter follows.");
        foreach (var (partition, next) in reached) _reached[partition] = next;
    }

    /// <summary>Handles parked letters again; one that fails again stays parked with its new error.</summary>
    public async Task<RedriveResult> Redrive(Guid? only, CancellationToken ct)
    {
        var letters = (await Letters(ct)).Where(l => only is null || l.Id == only).OrderBy(l => l.Sequence).ToList();
        // A repeat of what has gone well is no mistake.
        if (only is { } id && letters.Count == 0)
            return new((await store.ReadHash(Redriven, ct)).ContainsKey(id.ToString()) ? 1 : 0, 0);
        var failed = 0;
        foreach (var letter in letters)
        {
            try
            {
                var received = letter.Received();
                await Apply(received, EventReader.Read(received), NoStep);
                await store.SetField(Redriven, letter.Id.ToString(), clock.GetUtcNow().ToString("O"), ct);
                await store.DeleteField(DeadLetters, letter.Id.ToString(), ct);
            }
            catch (Exception e) when (e is not OperationCanceledException && !Faults.Passes(e))
            {
                failed++;
                var again = JsonSerializer.SerializeToNode(letter)!;
                again[nameof(DeadLetter.Error)] = DeadLetter.Storable(e.ToString());
                await store.SetField(DeadLetters, letter.Id.ToString(), again.ToJsonString(), ct);
            }
        }

        return new(letters.Count - failed, failed);
    }

    /// <summary>Parked letters, newest first.</summary>
    public async Task<List<DeadLetter>> Parked(int limit, Guid? after, CancellationToken ct)
    {
        var all = (await Letters(ct)).OrderByDescending(l => l.ParkedAt).ThenByDescending(l => l.Id).ToList();
        return [.. all.Skip(after is null ? 0 : all.FindIndex(l => l.Id == after) + 1).Take(limit)];
    }

    async Task<IEnumerable<DeadLetter>> Letters(CancellationToken ct) =>
        (await store.ReadHash(DeadLetters, ct)).Values.Select(json => JsonSerializer.Deserialize<DeadLetter>(json)!);

    public async Task<IReadOnlyList<ConsumerPosition>> LoadPositions(IReadOnlyCollection<string> topics,
        CancellationToken ct)
    {
        var positions = (await store.ReadHash(Positions, ct)).Where(field => field.Key.Count(c => c == '/') == 1)
            .Select(field =>
        {
            var (place, parts) = (field.Key.Split('/'), field.Value.Split(' '));
            return new ConsumerPosition
            {
                Topic = place[0],
                Partition = Number<int>(place[1]),
                NextOffset = Number<long>(parts[0]),
                LastId = Guid.TryParse(parts[1], out var id) ? id : null,
                LastSequence = Number<long>(parts[2]),
            };
        }).Where(p => topics.Contains(p.Topic)).ToList();
        foreach (var p in positions) _reached[Key(p)] = p.NextOffset;
        return positions;
    }

    public async Task SavePosition(ConsumerPosition position, CancellationToken ct)
    {
        await store.SetField(Positions, Key(position), Value(position), ct);
        _reached[Key(position)] = position.NextOffset;
    }

    public async Task<bool> Holds(IReadOnlyCollection<ConsumerPosition> positions, CancellationToken ct)
    {
        var stored = await store.ReadHash(Positions, ct);
        return positions.All(p => stored.TryGetValue(Key(p), out var value)
            && Number<long>(value[..value.IndexOf(' ')]) >= p.NextOffset);
    }

    /// <summary>
    /// Forgets how far every partition was read; each replica notices within a second, and what comes again overwrites
    /// the pages.
    /// </summary>
    public Task Forget(CancellationToken ct) => store.Delete(Positions, ct);

    /// <summary>Applies an event that may have been applied before, without a place in any log.</summary>
    /// <returns>False for one that tells no page anything.</returns>
    /// <exception cref="JsonException">It cannot be read; it is, or was, a dead letter.</exception>
    public async Task<bool> Retell(ReceivedEvent received)
    {
        if (EventReader.Read(received) is not { } told) return false;
        await Apply(received, told, NoStep);
        return true;
    }

    Task<long> Apply(ReceivedEvent received, object? told, string[] step) =>
        told switch
        {
            PageChange change => Run($"order:{change.OrderId}", step, "page", Envelope.Of(received, change)),
            ProductChange p => Run($"product:{p.ProductId}", step, "product", Envelope.Of(p)),
            CustomerChange c => Run("", step, "customer", Envelope.Of(received, c)),
            _ => Run("", step),
        };

    Task<long> Run(string subject, string[] step, params string[] effect) =>
        store.Run(Scripts.Apply, [Positions, subject], [.. step, .. effect.Length > 0 ? effect : [""]]);

    string[] Step(Dictionary<string, long> reached, ConsumerPosition behind)
    {
        var key = Key(behind);
        var follows = reached.TryGetValue(key, out var before) ? before : _reached.GetValueOrDefault(key);
        reached[key] = behind.NextOffset;
        return [key, Text(follows), Text(behind.NextOffset), Value(behind)];
    }

    static readonly string[] NoStep = ["", "0", "0", ""];

    static string Key(ConsumerPosition p) => $"{p.Topic}/{Text(p.Partition)}";

    static string Value(ConsumerPosition p) =>
        $"{Text(p.NextOffset)} {p.LastId?.ToString() ?? "-"} {Text(p.LastSequence)}";

    static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    static T Number<T>(string text)
        where T : IParsable<T> => T.Parse(text, CultureInfo.InvariantCulture);
}
