using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CarShare.Deliveries.Data.Migrations
{
    /// <summary>
    /// The history moves from a table of its own into the row of its delivery. Nothing is taken away yet: services of
    /// before still run while this is applied, and what they write goes into the row, too. A later migration drops the
    /// table with its trigger.
    /// </summary>
    public partial class HistoryInItsRow : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Alone(
                "ALTER TABLE deliveries ADD COLUMN IF NOT EXISTS history jsonb NOT NULL DEFAULT '[]'");
            migrationBuilder.Alone(
                """
                CREATE OR REPLACE FUNCTION delivery_history_step(step delivery_history) RETURNS jsonb
                LANGUAGE sql STABLE AS $$
                    SELECT jsonb_build_object('status', step.status,
                        'at', to_char(step.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')) $$
                """);
            migrationBuilder.Alone(
                """
                CREATE OR REPLACE FUNCTION delivery_history_into_row() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    UPDATE deliveries SET history = history || delivery_history_step(NEW) WHERE order_id = NEW.order_id;
                    RETURN NULL;
                END $$
                """);
            // At the commit: before it, the row would have another version than the one its service goes on to compare.
            migrationBuilder.Alone(
                """
                DROP TRIGGER IF EXISTS delivery_history_into_row ON delivery_history;
                CREATE CONSTRAINT TRIGGER delivery_history_into_row AFTER INSERT ON delivery_history
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION delivery_history_into_row();
                """);
            // Some rows at a time, so that nobody waits for long: locked first, because what is written meanwhile is
            // added behind.
            migrationBuilder.Alone(
                """
                DO $$
                DECLARE
                    done uuid := '00000000-0000-0000-0000-000000000000';
                    last uuid;
                BEGIN
                    LOOP
                        SELECT order_id INTO last FROM (
                            SELECT order_id FROM deliveries WHERE order_id > done ORDER BY order_id LIMIT 2000) AS step
                        ORDER BY order_id DESC LIMIT 1;
                        EXIT WHEN last IS NULL;
                        PERFORM FROM deliveries WHERE order_id > done AND order_id <= last ORDER BY order_id FOR UPDATE;
                        UPDATE deliveries SET history = steps.history
                        FROM (SELECT order_id, jsonb_agg(delivery_history_step(h) ORDER BY h.at) AS history
                              FROM delivery_history h
                              WHERE order_id > done AND order_id <= last GROUP BY order_id) AS steps
                        WHERE deliveries.order_id = steps.order_id
                          AND jsonb_array_length(deliveries.history) < jsonb_array_length(steps.history);
                        COMMIT;
                        done := last;
                    END LOOP;
                END $$
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(
                """
                DROP TRIGGER delivery_history_into_row ON delivery_history;
                DROP FUNCTION delivery_history_into_row();
                DROP FUNCTION delivery_history_step(delivery_history);
                ALTER TABLE deliveries DROP COLUMN history;
                """);
        }
    }
}
