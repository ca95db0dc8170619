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
public sealed class PageSink(RedisStore store, PageArchive archive, PageMetrics metrics, TimeProvider clock)
    : IEventSink
{
    // What the script answers.
    const long PositionLost = -1, PageMissing = -2;

    const string Positions = "positions";

    // By partition; never two calls about one at a time.
    readonly ConcurrentDictionary<string, long> _reached = new();

    public async Task<HandledEvents> Handle(IReadOnlyList<ReceivedEvent> batch,
        IReadOnlyCollection<ConsumerPosition> positions, CancellationToken ct)
    {
        // Read all first: a malformed event fails the batch before anything is sent.
        var told = batch.Select(received => (Received: received, What: EventReader.Read(received))).ToList();
        var (fresh, isNew) = (0, new HashSet<Guid>());
        while (true)
        {
            var reached = new Dictionary<string, long>();
            using var spans = new ConsumerSpans();
            var answers = await Task.WhenAll(Start(told, positions, reached, isNew, spans));
            fresh += answers.Count(answer => answer == 1);
            if (answers.Contains(PageMissing))
            {
                isNew.UnionWith(await NotArchived(told.Select(e => e.What), ct));
                continue;
            }

            if (answers.Contains(PositionLost)) throw new PositionLostException(
                "Redis no longer has the positions these events follow.");
            spans.Committed();
            foreach (var (partition, next) in reached) _reached[partition] = next;
            break;
        }

        var shown = told.Where(e => e.What is not null).Select(e => e.Received).ToList();
        metrics.Shown(shown);
        return new(fresh, shown.Count - fresh);
    }

    List<Task<long>> Start(
        IReadOnlyList<(ReceivedEvent Received, object? What)> told, IReadOnlyCollection<ConsumerPosition> positions,
        Dictionary<string, long> reached, HashSet<Guid> isNew, ConsumerSpans spans)
    {
        var runs = new List<Task<long>>(told.Count);
        foreach (var (received, what) in told)
        {
            using (spans.Of(received)) runs.Add(Apply(received, what, Step(reached, received.Behind(null)), isNew));
        }

        // A partition whose last record repeated an id of the batch stands further than its last event.
        runs.AddRange(positions.Where(p => reached.GetValueOrDefault(Key(p)) < p.NextOffset)
            .Select(p => Run("", Step(reached, p))));
        return runs;
    }

    /// <summary>Brings back what is archived of these pages.</summary>
    /// <returns>The orders of the others: they have no page yet.</returns>
    async Task<IEnumerable<Guid>> NotArchived(IEnumerable<object?> told, CancellationToken ct)
    {
        var orders = told.OfType<PageChange>().Select(change => change.OrderId).Where(archive.MayHold).ToHashSet();
        return orders.Except(await archive.Restore(orders, null, ct));
    }

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
        string[] effect = ["park", $"{letter.Id}", JsonSerializer.Serialize(parked)];
        if (await Run(PageLetters.Key, step, effect) == PositionLost)
            throw new PositionLostException("Redis no longer has the position this dead letter follows.");
        foreach (var (partition, next) in reached) _reached[partition] = next;
    }

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
    public async Task<bool> Retell(ReceivedEvent received, CancellationToken ct)
    {
        if (EventReader.Read(received) is not { } told) return false;
        await ApplyAlone(received, told, ct);
        return true;
    }

    async Task ApplyAlone(ReceivedEvent received, object? told, CancellationToken ct)
    {
        var isNew = new HashSet<Guid>();
        while (await Apply(received, told, NoStep, isNew) == PageMissing)
            isNew.UnionWith(await NotArchived([told], ct));
    }

    /// <param name="received">The event.</param>
    /// <param name="told">What it tells.</param>
    /// <param name="step">Of its partition.</param>
    /// <param name="isNew">Orders that are known to have no page yet, in Redis or in the archive.</param>
    Task<long> Apply(ReceivedEvent received, object? told, string[] step, HashSet<Guid> isNew) =>
        told switch
        {
            PageChange change => Run($"order:{change.OrderId}", step, "page", Envelope.Of(received, change),
                isNew.Contains(change.OrderId) || !archive.MayHold(change.OrderId) ? "1" : "", archive.Touched),
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
