using System.Data.Common;
using CarShare.Deliveries.Data;
using CarShare.Migrations;
using CarShare.Notifications.Data;
using CarShare.Orders.Data;
using CarShare.Payments.Data;
using CarShare.Stocks.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;

namespace CarShare.ServiceTests.Upgrades;

/// <summary>Who writes waits for an upgrade as long as it takes to say what a table has, not to fill it.</summary>
public sealed class LockTests(Servers servers)
{
    [Fact]
    public async Task No_table_is_read_or_written_under_a_lock_that_keeps_writers_out()
    {
        Assert.Empty(await HeldUp<OrdersDb>());
        Assert.Empty(await HeldUp<StocksDb>());
        Assert.Empty(await HeldUp<PaymentsDb>());
        Assert.Empty(await HeldUp<DeliveriesDb>());
        Assert.Empty(await HeldUp<NotificationsDb>());
    }

    [Theory]
    [InlineData("ALTER TABLE outbox ADD COLUMN a int; UPDATE outbox SET a = 1", "outbox")]
    [InlineData("ALTER TABLE inbox ADD COLUMN b timestamptz DEFAULT clock_timestamp()", "inbox")]
    [InlineData("ALTER TABLE deliveries ADD CONSTRAINT ck_c CHECK (revision >= 0)", "deliveries")]
    [InlineData("CREATE INDEX ix_d ON dead_letters (error)", "dead_letters")]
    [InlineData("LOCK TABLE deliveries; CREATE TABLE e AS SELECT order_id FROM deliveries", "deliveries")]
    [InlineData("ALTER TABLE deliveries ADD COLUMN f int DEFAULT 1; CREATE TABLE g AS SELECT * FROM outbox", null)]
    [InlineData("CREATE TABLE h (i int); INSERT INTO h SELECT revision FROM deliveries", null)]
    public async Task What_holds_writers_up_is_noticed(string sql, string? table)
    {
        var watch = new LockWatch();
        var store = new Store<DeliveriesDb>(servers, watch);
        await store.Begin();
        await using var db = new DeliveriesDb(store.Options);
        await db.Database.ExecuteSqlRawAsync(sql);
        Assert.Equal(table is null ? [] : [table], watch.HeldUp.Select(found => found.Split(':')[0]));
    }

    async Task<IEnumerable<string>> HeldUp<TDb>()
        where TDb : DbContext
    {
        var watch = new LockWatch();
        var store = new Store<TDb>(servers, watch);
        await store.Begin();
        await Schemas.Migrate(store.Options, store.Connection, default);
        Assert.True(watch.Statements > 0);
        return watch.HeldUp;
    }

    /// <summary>
    /// Looks behind each statement at what its transaction has locked, and at what it has read and written by then. One
    /// that would run without a transaction gets one, unless it can't be in any.
    /// </summary>
    sealed class LockWatch : DbCommandInterceptor
    {
        const string CannotBeInOne = "25001", EndsItsOwn = "2D000";

        readonly List<string> _heldUp = [];
        DbTransaction? _transaction;
        Dictionary<uint, long> _before = [];

        /// <summary>Tables, and behind which statement.</summary>
        public IReadOnlyList<string> HeldUp => _heldUp;

        public int Statements { get; private set; }

        public override async ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
            DbCommand command, CommandEventData eventData, InterceptionResult<int> result,
            CancellationToken cancellationToken = default)
        {
            Statements++;
            if (command.Transaction is { } transaction)
            {
                if (transaction != _transaction) _before = await Touched(command);
                _transaction = transaction;
                return result;
            }

            await using var own = await command.Connection!.BeginTransactionAsync(cancellationToken);
            try
            {
                command.Transaction = own;
                _before = await Touched(command);
                var affected = await command.ExecuteNonQueryAsync(cancellationToken);
                await Look(command);
                await own.CommitAsync(cancellationToken);
                return InterceptionResult<int>.SuppressWithResult(affected);
            }
            catch (PostgresException e) when (e.SqlState is CannotBeInOne or EndsItsOwn)
            {
                await own.RollbackAsync(cancellationToken);
                return result;
            }
            finally
            {
                command.Transaction = null;
            }
        }

        public override async ValueTask<int> NonQueryExecutedAsync(
            DbCommand command, CommandExecutedEventData eventData, int result,
            CancellationToken cancellationToken = default)
        {
            if (command.Transaction is not null) await Look(command);
            return result;
        }

        async Task Look(DbCommand command)
        {
            await using var ask = Ask(
                command,
                """
                SELECT relation, relation::regclass::text FROM pg_locks
                WHERE pid = pg_backend_pid() AND locktype = 'relation' AND granted AND mode IN
                    ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
                GROUP BY relation
                """);
            var locked = await Read(ask, row => (Table: row.GetFieldValue<uint>(0), Name: row.GetString(1)));
            var now = await Touched(command);
            _heldUp.AddRange(locked.Where(held => !held.Name.Contains("__EFMigrationsHistory", StringComparison.Ordinal)
                    && _before.TryGetValue(held.Table, out var before) && now.GetValueOrDefault(held.Table) > before)
                .Select(held => $"{held.Name}: {command.CommandText}"));
        }

        /// <summary>How often the tables of before were gone through or written to.</summary>
        static async Task<Dictionary<uint, long>> Touched(DbCommand command)
        {
            await using var ask = Ask(
                command,
                """
                SELECT relid, seq_scan + coalesce(idx_scan, 0) + n_tup_ins + n_tup_upd + n_tup_del
                FROM pg_stat_xact_user_tables
                """);
            return (await Read(ask, row => (row.GetFieldValue<uint>(0), row.GetInt64(1)))).ToDictionary();
        }

        static DbCommand Ask(DbCommand beside, string sql)
        {
            var ask = beside.Connection!.CreateCommand();
            (ask.Transaction, ask.CommandText) = (beside.Transaction, sql);
            return ask;
        }

        static async Task<List<T>> Read<T>(DbCommand ask, Func<DbDataReader, T> of)
        {
            await using var rows = await ask.ExecuteReaderAsync();
            List<T> found = [];
            while (await rows.ReadAsync()) found.Add(of(rows));
            return found;
        }
    }
}
