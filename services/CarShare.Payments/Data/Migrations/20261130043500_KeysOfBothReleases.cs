using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CarShare.Payments.Data.Migrations
{
    /// <summary>
    /// While services of before are replaced, a deposit made by one may be repeated at the other: what either table is
    /// given, the other one has in the same commit. Services of before keep a key with the deposit it is for, whoever
    /// sent it. Goes together with <c>top_ups</c>. Each statement stands for itself and may be run again.
    /// </summary>
    public partial class KeysOfBothReleases : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            Mirror(migrationBuilder, "top_ups", "credits", "caller_id", "customer_id");
            Mirror(migrationBuilder, "credits", "top_ups", null, null);
            // What came in between the copy that was made of the table and the trigger.
            Alone(migrationBuilder,
                """
                INSERT INTO credits (caller_id, idempotency_key, customer_id, amount, balance, owed, created_at)
                SELECT customer_id, idempotency_key, customer_id, amount, balance, owed, created_at FROM top_ups
                ON CONFLICT DO NOTHING
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            foreach (var (from, to) in new[] { ("top_ups", "credits"), ("credits", "top_ups") })
            {
                Alone(migrationBuilder, $"DROP TRIGGER IF EXISTS {from}_into_{to} ON {from}");
                Alone(migrationBuilder, $"DROP FUNCTION IF EXISTS {from}_into_{to}()");
            }
        }

        static void Mirror(MigrationBuilder migrationBuilder, string from, string to, string column, string source)
        {
            var (columns, values) = column is null ? ("", "") : ($"{column}, ", $"NEW.{source}, ");
            Alone(migrationBuilder,
                $"""
                CREATE OR REPLACE FUNCTION {from}_into_{to}() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    INSERT INTO {to} ({columns}idempotency_key, customer_id, amount, balance, owed, created_at)
                    VALUES ({values}NEW.idempotency_key, NEW.customer_id, NEW.amount, NEW.balance, NEW.owed,
                        NEW.created_at)
                    ON CONFLICT DO NOTHING;
                    RETURN NULL;
                END $$
                """);
            Alone(migrationBuilder,
                $"""
                CREATE OR REPLACE TRIGGER {from}_into_{to} AFTER INSERT ON {from} FOR EACH ROW
                    WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION {from}_into_{to}()
                """);
        }

        static void Alone(MigrationBuilder migrationBuilder, string sql) =>
            migrationBuilder.Sql(sql, suppressTransaction: true);
    }
}
