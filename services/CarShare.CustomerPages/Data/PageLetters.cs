using System.Text.Json;
using CarShare.Messaging;
using CarShare.ServiceDefaults;

namespace CarShare.CustomerPages.Data;

/// <summary>The dead letters that <see cref="PageSink"/> parks in Redis.</summary>
public sealed class PageLetters(RedisStore store, PageSink sink, TimeProvider clock)
{
    internal const string Key = "dead-letters";

    const string Redriven = "dead-letters:redriven";

    public Task<long> Count(CancellationToken ct) => store.CountFields(Key, ct);

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
                await sink.Retell(letter.Received(), ct);
                await store.SetField(Redriven, letter.Id.ToString(), clock.GetUtcNow().ToString("O"), ct);
                await store.DeleteField(Key, letter.Id.ToString(), ct);
            }
            catch (Exception e) when (e is not OperationCanceledException && !Faults.Passes(e))
            {
                failed++;
                var again = JsonSerializer.SerializeToNode(letter)!;
                again[nameof(DeadLetter.Error)] = DeadLetter.Storable(e.ToString());
                await store.SetField(Key, letter.Id.ToString(), again.ToJsonString(), ct);
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
        (await store.ReadHash(Key, ct)).Values.Select(json => JsonSerializer.Deserialize<DeadLetter>(json)!);
}
