namespace CarShare.Messaging;

/// <summary>
/// Maps the kernel's tables into a service's own context, so that they share its transactions and migrations, and what
/// the contexts have in common.
/// </summary>
public static class MessagingModel
{
    /// <summary>
    /// Adds <c>outbox</c>, <c>inbox</c>, <c>dead_letters</c> and <c>consumer_positions</c>, and names every column of
    /// the model in snake case. Call it last in <c>OnModelCreating</c>.
    /// </summary>
    public static ModelBuilder AddMessaging(this ModelBuilder model)
    {
        model.Entity<OutboxMessage>(table =>
        {
            table.ToTable("outbox").HasKey(m => m.Sequence);
            table.Property(m => m.Sequence).UseIdentityAlwaysColumn();
            // Of no use any more; an instance of the version before still writes and reads it.
            table.Property<int>("Attempt");
            table.HasIndex(m => m.Sequence).HasFilter("sent_at IS NULL").HasDatabaseName("ix_outbox_unsent");
            table.HasIndex(m => m.OccurredAt).HasDatabaseName("ix_outbox_age").HasMethod("brin");
        });
        model.Entity<InboxMessage>(table =>
        {
            table.ToTable("inbox").HasKey(m => m.Id);
            table.HasIndex(m => m.HandledAt).HasDatabaseName("ix_inbox_age").HasMethod("brin");
        });
        model.Entity<DeadLetter>(table => table.ToTable("dead_letters").HasKey(m => m.Id));
        model.Entity<ConsumerPosition>(table =>
        {
            table.ToTable("consumer_positions").HasKey(p => new { p.Topic, p.Partition });
            table.Property<long?>("AskAfter");   // as above
        });

        model.NameColumnsInSnakeCase();
        return model;
    }

    /// <summary>
    /// Keeps a small list in a <c>jsonb</c> column of its row, as <see cref="EventJson"/> writes it. It is replaced,
    /// never changed in place.
    /// </summary>
    public static PropertyBuilder<IReadOnlyList<T>> IsJson<T>(this PropertyBuilder<IReadOnlyList<T>> list) =>
        list.HasColumnType("jsonb").HasConversion(
        items => JsonSerializer.Serialize(items, EventJson.Options),
        json => JsonSerializer.Deserialize<List<T>>(json, EventJson.Options)!,
        new ValueComparer<IReadOnlyList<T>>(
            (a, b) => ReferenceEquals(a, b) || a!.SequenceEqual(b!), items => items.Count, items => items));
}
