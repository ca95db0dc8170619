using System.Diagnostics;

namespace CarShare.LoadTests.Checking;

sealed record CheckResult(long Orders, double Seconds, IReadOnlyList<Violation> Violations)
{
    public bool IsGood => Violations.Count == 0;

    public IReadOnlyDictionary<string, int> ByRule => Violations.GroupBy(v => v.Rule)
        .OrderBy(g => g.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Count());
}

/// <summary>
/// Waits until nothing is under way, then judges everything that is stored. What changed meanwhile is read again.
/// </summary>
sealed class Check(Stores stores, Action<string>? say = null)
{
    const int PagesAtOnce = 1_000;

    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250), Between = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Answers what is wrong now, or at the end of the patience if something is under way until then.
    /// </summary>
    public async Task<CheckResult> Run(TimeSpan patience, CancellationToken ct)
    {
        var clock = Stopwatch.StartNew();
        var told = TimeSpan.Zero;
        using var broker = new BrokerLog(stores.Brokers);
        while (true)
        {
            var before = await QuietRules.Progress(stores, ct);
            var moving = await QuietRules.Find(stores, broker, ct);
            var isLate = clock.Elapsed > patience;
            if (moving.Count == 0 || isLate)
            {
                var (orders, found) = await Judge(broker, ct);
                found.InsertRange(0, moving);
                if (await QuietRules.Progress(stores, ct) == before)
                    return new(orders, clock.Elapsed.TotalSeconds, found);
                if (isLate)
                    return new(orders, clock.Elapsed.TotalSeconds, [
                        new(Rules.Quiet, "system", $"still busy after {patience.TotalSeconds} s"), .. found,
                    ]);
                moving = [new(Rules.Quiet, "system", "something happened while it was read")];
            }

            if (clock.Elapsed - told > Between)
            {
                told = clock.Elapsed;
                say?.Invoke($"not at rest yet ({moving.Count}): {moving[0]}");
            }

            await Task.Delay(Pause, ct);
        }
    }

    async Task<(long Orders, List<Violation> Found)> Judge(BrokerLog broker, CancellationToken ct)
    {
        var found = await SumRules.Find(stores, ct);
        var (orders, pages) = (0L, new HashSet<Guid>());
        await foreach (var dossiers in Dossiers.Read(stores, ct).Chunk(PagesAtOnce))
        {
            await Pages.Add(stores, dossiers, ct);
            foreach (var dossier in dossiers)
            {
                found.AddRange(OrderRules.Of(dossier));
                if (dossier.Order is not null) orders++;
                if (dossier.Page is not null) pages.Add(dossier.OrderId);
            }
        }

        found.AddRange((await Pages.Ids(stores, ct)).Where(id => !pages.Contains(id)).Select(id =>
            new Violation(Rules.NothingWithoutOrder, id.ToString(), "a page, but no such order of its customer")));
        found.AddRange(await DepositNotices(ct));
        found.AddRange(await TopicRules.Find(stores, broker, ct));
        return (orders, found);
    }

    /// <summary>Top-ups belong to no order; each is told once, too.</summary>
    async Task<List<Violation>> DepositNotices(CancellationToken ct)
    {
        var open = new Dictionary<Guid, string>();
        await foreach (var (id, customer) in stores.Payments.Rows(
            "SELECT id, key FROM outbox WHERE type = 'carshare.deposit.credited.v1'",
            r => (r.GetGuid(0), r.GetString(1)), ct))
            open[id] = customer;
        var found = new List<Violation>();
        await foreach (var (id, customer) in stores.Notifications.Rows(
            "SELECT notification_id, customer_id FROM notifications WHERE order_id IS NULL",
            r => (r.GetGuid(0), r.GetString(1)), ct))
            if (!open.Remove(id))
                found.Add(new(Rules.NotifiedOnce, customer, $"told of a top-up that has no event ({id})"));
        return [.. found, .. open.Select(
            silent => new Violation(Rules.NotifiedOnce, silent.Value, $"nobody was told of the top-up {silent.Key}"))];
    }
}
