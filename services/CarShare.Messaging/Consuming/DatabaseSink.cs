namespace CarShare.Messaging;

/// <summary>Effects in PostgreSQL: inbox rows, effects, outbox rows and positions commit together.</summary>
sealed class DatabaseSink<TDb>(IServiceScopeFactory scopes, Subscriptions<TDb> subscriptions) : IEventSink
    where TDb : DbContext
{
    public bool IsUnavailable(Exception error) => DatabaseFaults.IsUnavailable(error);

    public bool IsConflict(Exception error) => Transactions.IsConflict(error);

    public Task<int> Handle(IReadOnlyList<ReceivedEvent> batch, IReadOnlyCollection<ConsumerPosition> positions, CancellationToken ct) =>
        InScope((db, services) => db.InTransaction(async token =>
        {
            var fresh = await Apply(db, services, [.. batch.Where(subscriptions.Knows)], token);
            await StorePositions(db, positions, token);
            return fresh;
        }, ct));

    public Task Park(ReceivedEvent letter, Exception error, ConsumerPosition position, CancellationToken ct) =>
        InScope((db, _) => db.InTransaction(async token =>
        {
            await db.Database.ExecuteSqlAsync(
                $"""
                INSERT INTO dead_letters (id, type, topic, partition, "offset", key, sequence, payload, trace_parent, error, parked_at)
                VALUES ({letter.Id}, {letter.Type}, {letter.Topic}, {letter.Partition}, {letter.Offset}, {letter.Key}, {letter.Sequence}, {letter.Payload}, {letter.TraceParent},
                        {error.ToString()}, now())
                ON CONFLICT (id) DO NOTHING
                """, token);
            await StorePositions(db, [position], token);
            return true;
        }, ct));

    /// <summary>Handles parked letters again, each in a transaction of its own; one that fails again stays parked with its new error.</summary>
    public async Task<RedriveResult> Redrive(CancellationToken ct)
    {
        var ids = await InScope((db, _) => db.Set<DeadLetter>().Where(l => l.RedrivenAt == null).OrderBy(l => l.Sequence).Select(l => l.Id).ToListAsync(ct));
        var failed = 0;
        foreach (var id in ids)
        {
            try
            {
                await InScope((db, services) => db.InTransaction(token => Redrive(db, services, id, token), ct));
            }
            catch (Exception e) when (!IsUnavailable(e) && e is not OperationCanceledException)
            {
                failed++;
                await InScope((db, _) => db.Set<DeadLetter>().Where(l => l.Id == id).ExecuteUpdateAsync(l => l.SetProperty(x => x.Error, e.ToString()), ct));
            }
        }

        return new(ids.Count - failed, failed);
    }

    async Task<bool> Redrive(TDb db, IServiceProvider services, Guid id, CancellationToken ct)
    {
        var letter = await db.Set<DeadLetter>().FromSql($"SELECT * FROM dead_letters WHERE id = {id} AND redriven_at IS NULL FOR UPDATE").AsNoTracking().SingleOrDefaultAsync(ct);
        if (letter is null) return false;
        await Apply(db, services, [new(
            letter.Id, letter.Type, letter.Sequence, letter.ParkedAt, letter.Topic, letter.Partition, letter.Offset, letter.Key, letter.Payload, letter.TraceParent)], ct);
        await db.Set<DeadLetter>().Where(l => l.Id == id).ExecuteUpdateAsync(l => l.SetProperty(x => x.RedrivenAt, DateTimeOffset.UtcNow), ct);
        return true;
    }

    async Task<int> Apply(TDb db, IServiceProvider services, IReadOnlyList<ReceivedEvent> events, CancellationToken ct)
    {
        if (events.Count == 0) return 0;
        var fresh = (await db.Read(
            $"INSERT INTO inbox (id, handled_at) SELECT id, now() FROM unnest({events.Select(e => e.Id).ToArray()}) AS id ORDER BY id ON CONFLICT (id) DO NOTHING RETURNING id", row => row.GetGuid(0), ct)).ToHashSet();
        var news = events.Where(e => fresh.Contains(e.Id)).ToList();
        if (news.Count == 0) return 0;

        if (subscriptions.Lock is { } locking) await locking(db, news, ct);
        // Otherwise each look at a row compares all the rows of the batch; once before saving is enough.
        db.ChangeTracker.AutoDetectChangesEnabled = false;
        foreach (var received in news)
        {
            using var activity = MessagingMetrics.Activities.StartActivity($"{received.Type} process", ActivityKind.Consumer, received.TraceParent);
            activity?.SetTag("messaging.system", "kafka").SetTag("messaging.destination.name", received.Topic).SetTag("messaging.kafka.message.key", received.Key);
            await subscriptions.Handle(new(db, services, received), ct);
        }

        db.ChangeTracker.AutoDetectChangesEnabled = true;
        await db.SaveChangesAsync(ct);
        return news.Count;
    }

    public Task<IReadOnlyList<ConsumerPosition>> LoadPositions(IReadOnlyCollection<string> topics, CancellationToken ct) =>
        InScope<IReadOnlyList<ConsumerPosition>>(async (db, _) => await db.Set<ConsumerPosition>().AsNoTracking().Where(p => topics.Contains(p.Topic)).ToListAsync(ct));

    public Task SavePositions(IReadOnlyCollection<ConsumerPosition> positions, CancellationToken ct) =>
        InScope((db, _) => db.InTransaction(async token =>
        {
            await StorePositions(db, positions, token);
            foreach (var p in positions) await Positions(db, [p]).ExecuteUpdateAsync(row => row.SetProperty(x => x.AskAfter, p.AskAfter), token);
            return true;
        }, ct));

    public Task Answered(IReadOnlyCollection<ConsumerPosition> asks, CancellationToken ct)
    {
        var answered = asks.Min(a => a.AskAfter);
        return InScope((db, _) => Positions(db, asks).Where(p => p.AskAfter >= answered).ExecuteUpdateAsync(p => p.SetProperty(x => x.AskAfter, (long?)null), ct));
    }

    /// <summary>The rows of these partitions, which are of one topic.</summary>
    static IQueryable<ConsumerPosition> Positions(TDb db, IReadOnlyCollection<ConsumerPosition> some)
    {
        var (topic, partitions) = (some.First().Topic, some.Select(p => p.Partition).ToList());
        return db.Set<ConsumerPosition>().Where(p => p.Topic == topic && partitions.Contains(p.Partition));
    }

    static Task StorePositions(TDb db, IReadOnlyCollection<ConsumerPosition> positions, CancellationToken ct)
    {
        var rows = positions.OrderBy(p => p.Topic, StringComparer.Ordinal).ThenBy(p => p.Partition).ToList();
        return db.Read(
            $"""
            INSERT INTO consumer_positions (topic, partition, next_offset, last_id, last_sequence)
            SELECT * FROM unnest({rows.Select(p => p.Topic).ToArray()}, {rows.Select(p => p.Partition).ToArray()}, {rows.Select(p => p.NextOffset).ToArray()},
                                 {rows.Select(p => p.LastId).ToArray()}, {rows.Select(p => p.LastSequence).ToArray()})
            ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset, last_id = excluded.last_id, last_sequence = excluded.last_sequence
            """, _ => true, ct);
    }

    async Task<T> InScope<T>(Func<TDb, IServiceProvider, Task<T>> work)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await work(scope.ServiceProvider.GetRequiredService<TDb>(), scope.ServiceProvider);
    }
}
