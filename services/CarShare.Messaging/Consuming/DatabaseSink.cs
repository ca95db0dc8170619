namespace CarShare.Messaging;

/// <summary>Effects in PostgreSQL: inbox rows, effects, outbox rows and positions commit together.</summary>
sealed class DatabaseSink<TDb>(IServiceScopeFactory scopes, Subscriptions<TDb> subscriptions) : IEventSink
    where TDb : DbContext
{
    public async Task<HandledEvents> Handle(
        IReadOnlyList<ReceivedEvent> batch, IReadOnlyCollection<ConsumerPosition> positions, CancellationToken ct)
    {
        var known = batch.Where(subscriptions.Knows).ToList();
        using var spans = new ConsumerSpans();
        var fresh = await InScope((db, services) => db.InTransaction(
            token => Apply(db, services, known, positions, spans, token), ct));
        spans.Committed();
        return new(fresh, known.Count - fresh);
    }

    public Task Park(ReceivedEvent letter, Exception error, ConsumerPosition position, CancellationToken ct) =>
        InScope((db, _) => db.InTransaction(async token =>
        {
            await db.Database.ExecuteSqlAsync(
                $"""
                INSERT INTO dead_letters
                    (id, type, topic, partition, "offset", key, sequence, payload, trace_parent, error, parked_at)
                VALUES ({letter.Id}, {DeadLetter.Storable(letter.Type)}, {letter.Topic}, {letter.Partition},
                        {letter.Offset}, {DeadLetter.Storable(letter.Key)}, {letter.Sequence}, {letter.Payload},
                        {DeadLetter.Storable(letter.TraceParent)}, {DeadLetter.Storable(error.ToString())}, now())
                ON CONFLICT (id) DO NOTHING
                """, token);
            await Note(db, [], [position], token);
            return true;
        }, ct));

    /// <summary>
    /// Handles parked letters again, each in a transaction of its own; one that fails again stays parked with its new
    /// error.
    /// </summary>
    public async Task<RedriveResult> Redrive(Guid? only, CancellationToken ct)
    {
        var ids = await InScope(
            (db, _) => db.Set<DeadLetter>().Where(l => l.RedrivenAt == null && (only == null || l.Id == only))
            .OrderBy(l => l.Sequence).Select(l => l.Id).ToListAsync(ct));
        // A repeat of what has gone well is no mistake.
        if (only is not null && ids.Count == 0)
            return new(await InScope((db, _) => db.Set<DeadLetter>().CountAsync(l => l.Id == only, ct)), 0);
        var failed = 0;
        foreach (var id in ids)
        {
            try
            {
                using var spans = new ConsumerSpans();
                await InScope((db, services) => db.InTransaction(token => Redrive(db, services, id, spans, token), ct));
                spans.Committed();
            }
            catch (Exception e) when (e is not OperationCanceledException && !Faults.Passes(e))
            {
                failed++;
                var reason = DeadLetter.Storable(e.ToString());
                await InScope(
                    (db, _) =>
                        db.Set<DeadLetter>().Where(l => l.Id == id)
                        .ExecuteUpdateAsync(l => l.SetProperty(x => x.Error, reason), ct));
            }
        }

        return new(ids.Count - failed, failed);
    }

    /// <summary>Parked letters, newest first.</summary>
    public Task<List<DeadLetter>> Parked(int limit, Guid? after, CancellationToken ct) =>
        InScope((db, _) => db.Set<DeadLetter>().FromSql(
        $"""
        SELECT * FROM dead_letters
        WHERE redriven_at IS NULL
          AND ({after}::uuid IS NULL OR (parked_at, id) < (SELECT parked_at, id FROM dead_letters WHERE id = {after}))
        ORDER BY parked_at DESC, id DESC LIMIT {limit}
        """).AsNoTracking().ToListAsync(ct));

    async Task<bool> Redrive(TDb db, IServiceProvider services, Guid id, ConsumerSpans spans, CancellationToken ct)
    {
        var letter = await db.Set<DeadLetter>()
            .FromSql($"SELECT * FROM dead_letters WHERE id = {id} AND redriven_at IS NULL FOR UPDATE")
            .AsNoTracking().SingleOrDefaultAsync(ct);
        if (letter is null) return false;
        await Apply(db, services, [letter.Received()], [], spans, ct);
        await db.Set<DeadLetter>().Where(l => l.Id == id)
            .ExecuteUpdateAsync(l => l.SetProperty(x => x.RedrivenAt, DateTimeOffset.UtcNow), ct);
        return true;
    }

    async Task<int> Apply(
        TDb db, IServiceProvider services, IReadOnlyList<ReceivedEvent> events,
        IReadOnlyCollection<ConsumerPosition> positions, ConsumerSpans spans, CancellationToken ct)
    {
        spans.Dispose();   // of an attempt before
        var fresh = (await Note(db, [.. events.Select(e => e.Id)], positions, ct)).ToHashSet();
        var news = events.Where(e => fresh.Contains(e.Id)).ToList();
        if (news.Count == 0) return 0;

        if (subscriptions.Lock is { } locking) await locking(db, news, ct);
        // Otherwise each look at a row compares all the rows of the batch; once before saving is enough.
        db.ChangeTracker.AutoDetectChangesEnabled = false;
        foreach (var received in news)
        {
            using (spans.Of(received)) await subscriptions.Handle(new(db, services, received), ct);
        }

        db.ChangeTracker.AutoDetectChangesEnabled = true;
        await db.SaveChangesAsync(ct);
        return news.Count;
    }

    public Task<IReadOnlyList<ConsumerPosition>> LoadPositions(
        IReadOnlyCollection<string> topics, CancellationToken ct) =>
        InScope<IReadOnlyList<ConsumerPosition>>(async (db, _) =>
            await db.Set<ConsumerPosition>().AsNoTracking().Where(p => topics.Contains(p.Topic)).ToListAsync(ct));

    public Task SavePosition(ConsumerPosition position, CancellationToken ct) =>
        InScope((db, _) => Note(db, [], [position], ct));

    /// <summary>
    /// Notes the events as handled and the positions as reached, in one round trip of a transaction that may still
    /// fail; answers which of the events had not been.
    /// </summary>
    static Task<List<Guid>> Note(
        TDb db, Guid[] events, IReadOnlyCollection<ConsumerPosition> positions, CancellationToken ct)
    {
        var rows = positions.OrderBy(p => p.Topic, StringComparer.Ordinal).ThenBy(p => p.Partition).ToList();
        return db.Read(
            $"""
            WITH reached AS (
                INSERT INTO consumer_positions (topic, partition, next_offset, last_id, last_sequence)
                SELECT * FROM unnest({rows.Select(p => p.Topic).ToArray()}, {rows.Select(p => p.Partition).ToArray()},
                                 {rows.Select(p => p.NextOffset).ToArray()}, {rows.Select(p => p.LastId).ToArray()},
                                 {rows.Select(p => p.LastSequence).ToArray()})
                ON CONFLICT (topic, partition) DO UPDATE
                SET next_offset = excluded.next_offset, last_id = excluded.last_id,
                    last_sequence = excluded.last_sequence)
            INSERT INTO inbox (id, handled_at) SELECT id, now() FROM unnest({events}) AS id ORDER BY id
            ON CONFLICT (id) DO NOTHING RETURNING id
            """, row => row.GetGuid(0), ct);
    }

    async Task<T> InScope<T>(Func<TDb, IServiceProvider, Task<T>> work)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await work(scope.ServiceProvider.GetRequiredService<TDb>(), scope.ServiceProvider);
    }
}
