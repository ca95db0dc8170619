using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using CarShare.CustomerPages.Domain;
using CarShare.CustomerPages.Events;
using CarShare.Messaging;

namespace CarShare.CustomerPages.Data;

/// <summary>
/// Effects in Redis: one script per event stores the effect and the position behind it together, a batch is a pipeline of them. A script runs only where the position
/// it follows is stored, so a pipeline broken in the middle is resumed and a flushed or restored server is noticed.
/// </summary>
public sealed class PageSink(RedisStore store, TimeProvider clock) : IEventSink
{
    const string Positions = "positions", DeadLetters = "dead-letters";

    static readonly ActivitySource Activities = new("CarShare.CustomerPages");

    // Only the consumer's loop calls here, one call at a time.
    readonly Dictionary<string, long> _reached = [];

    public bool IsUnavailable(Exception error) => RedisStore.IsUnavailable(error);

    public bool IsConflict(Exception error) => RedisStore.IsScriptUnknown(error);

    public async Task<int> Handle(IReadOnlyList<ReceivedEvent> batch, IReadOnlyCollection<ConsumerPosition> positions, CancellationToken ct)
    {
        // Read all first: a malformed event fails the batch before anything is sent.
        var told = batch.Select(received => (received, EventReader.Read(received))).ToList();
        var reached = new Dictionary<string, long>();
        var complete = positions.ToDictionary(p => Key(p.Topic, p.Partition), p => p.LastSequence);
        var runs = new List<Task<long>>(batch.Count);
        foreach (var (received, what) in told)
        {
            var sequence = Math.Min(received.Sequence, complete[Key(received.Topic, received.Partition)]);
            runs.Add(Apply(received, what, Step(reached, received.Topic, received.Partition, received.Offset + 1, received.Id, sequence)));
        }

        // A partition whose last record repeated an id of the batch stands further than its last event.
        foreach (var p in positions.Where(p => reached.GetValueOrDefault(Key(p.Topic, p.Partition)) < p.NextOffset))
        {
            runs.Add(Run("", Step(reached, p.Topic, p.Partition, p.NextOffset, p.LastId, p.LastSequence)));
        }

        var answers = await Task.WhenAll(runs);
        if (answers.Contains(-1)) throw new PositionLostException("Redis no longer has the positions these events follow.");
        foreach (var (partition, next) in reached) _reached[partition] = next;
        return answers.Count(answer => answer == 1);
    }

    public async Task Park(ReceivedEvent letter, Exception error, ConsumerPosition position, CancellationToken ct)
    {
        var parked = new DeadLetter
        {
            Id = letter.Id, Type = letter.Type, Topic = letter.Topic, Partition = letter.Partition, Offset = letter.Offset, Key = letter.Key, Sequence = letter.Sequence,
            Payload = letter.Payload, TraceParent = letter.TraceParent, Error = error.ToString(), ParkedAt = clock.GetUtcNow(),
        };
        var reached = new Dictionary<string, long>();
        var step = Step(reached, position.Topic, position.Partition, position.NextOffset, position.LastId, position.LastSequence);
        if (await Run(DeadLetters, step, "park", letter.Id.ToString(), JsonSerializer.Serialize(parked)) == -1)
            throw new PositionLostException("Redis no longer has the position this dead letter follows.");
        foreach (var (partition, next) in reached) _reached[partition] = next;
    }

    /// <summary>Handles parked letters again; one that fails again stays parked with its new error.</summary>
    public async Task<RedriveResult> Redrive(CancellationToken ct)
    {
        var letters = (await store.ReadHash(DeadLetters, ct)).Values.Select(json => JsonSerializer.Deserialize<DeadLetter>(json)!).OrderBy(l => l.Sequence).ToList();
        var failed = 0;
        foreach (var letter in letters)
        {
            try
            {
                var received = new ReceivedEvent(
                    letter.Id, letter.Type, letter.Sequence, letter.ParkedAt, letter.Topic, letter.Partition, letter.Offset, letter.Key, letter.Payload, letter.TraceParent);
                await Apply(received, EventReader.Read(received), NoStep);
                await store.DeleteField(DeadLetters, letter.Id.ToString(), ct);
            }
            catch (Exception e) when (!IsUnavailable(e) && e is not OperationCanceledException)
            {
                failed++;
                var again = JsonSerializer.SerializeToNode(letter)!;
                again[nameof(DeadLetter.Error)] = e.ToString();
                await store.SetField(DeadLetters, letter.Id.ToString(), again.ToJsonString(), ct);
            }
        }

        return new(letters.Count - failed, failed);
    }

    public async Task<IReadOnlyList<ConsumerPosition>> LoadPositions(IReadOnlyCollection<string> topics, CancellationToken ct)
    {
        var stored = await store.ReadHash(Positions, ct);
        var positions = stored.Where(field => !field.Key.EndsWith("/ask", StringComparison.Ordinal)).Select(field =>
        {
            var (place, parts) = (field.Key.Split('/'), field.Value.Split(' '));
            return new ConsumerPosition
            {
                Topic = place[0], Partition = Number<int>(place[1]), NextOffset = Number<long>(parts[0]), LastId = Guid.TryParse(parts[1], out var id) ? id : null,
                LastSequence = Number<long>(parts[2]), AskAfter = stored.TryGetValue($"{field.Key}/ask", out var after) ? Number<long>(after) : null,
            };
        }).Where(p => topics.Contains(p.Topic)).ToList();
        foreach (var p in positions) _reached[Key(p.Topic, p.Partition)] = p.NextOffset;
        return positions;
    }

    public async Task SavePositions(IReadOnlyCollection<ConsumerPosition> positions, CancellationToken ct)
    {
        await Task.WhenAll(positions.Select(p => store.Run(
            Scripts.Positions, [Positions], ["save", Key(p.Topic, p.Partition), Value(p.NextOffset, p.LastId, p.LastSequence), p.AskAfter is { } after ? Text(after) : ""])));
        foreach (var p in positions) _reached[Key(p.Topic, p.Partition)] = p.NextOffset;
    }

    public Task Answered(IReadOnlyCollection<ConsumerPosition> asks, CancellationToken ct)
    {
        var after = Text(asks.Min(ask => ask.AskAfter!.Value));
        return Task.WhenAll(asks.Select(ask => store.Run(Scripts.Positions, [Positions], ["answered", Key(ask.Topic, ask.Partition), after])));
    }

    public async Task<bool> Holds(IReadOnlyCollection<(string Topic, int Partition, long NextOffset)> positions, CancellationToken ct)
    {
        var stored = await store.ReadHash(Positions, ct);
        return positions.All(p => stored.TryGetValue(Key(p.Topic, p.Partition), out var value) && Number<long>(value[..value.IndexOf(' ')]) >= p.NextOffset);
    }

    /// <summary>Forgets how far every partition was read; each replica notices within a second, and what comes again overwrites the pages.</summary>
    public Task Forget(CancellationToken ct) => store.Delete(Positions, ct);

    async Task<long> Apply(ReceivedEvent received, object? told, string[] step)
    {
        using var activity = Activities.StartActivity($"{received.Type} process", ActivityKind.Consumer, received.TraceParent);
        activity?.SetTag("messaging.system", "kafka").SetTag("messaging.destination.name", received.Topic).SetTag("messaging.kafka.message.key", received.Key);
        return await (told switch
        {
            PageChange change => Run($"order:{change.OrderId}", step, "page", change.OrderId.ToString(), change.CustomerId ?? "", StoredChange.Of(received, change)),
            ProductChange p => Run($"product:{p.ProductId}", step, "product", Text(p.Version), Text(p.Available), StoredChange.Json(p.ModelName)),
            _ => Run("", step),
        });
    }

    Task<long> Run(string subject, string[] step, params string[] effect) => store.Run(Scripts.Apply, [Positions, subject], [.. step, .. effect.Length > 0 ? effect : [""]]);

    string[] Step(Dictionary<string, long> reached, string topic, int partition, long next, Guid? id, long sequence)
    {
        var key = Key(topic, partition);
        var follows = reached.TryGetValue(key, out var before) ? before : _reached.GetValueOrDefault(key);
        reached[key] = next;
        return [key, Text(follows), Text(next), Value(next, id, sequence)];
    }

    static readonly string[] NoStep = ["", "0", "0", ""];

    static string Key(string topic, int partition) => $"{topic}/{Text(partition)}";

    static string Value(long next, Guid? id, long sequence) => $"{Text(next)} {id?.ToString() ?? "-"} {Text(sequence)}";

    static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    static T Number<T>(string text)
        where T : IParsable<T> => T.Parse(text, CultureInfo.InvariantCulture);
}
