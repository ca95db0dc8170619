using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CarShare.Stocks.Data.Migrations
{
    /// <summary>
    /// Plates as they are compared: in upper case, without blanks and dashes. Filled in small steps while rentals go
    /// on, each of which may be run again. A car whose plate another one has already in another spelling stays without.
    /// </summary>
    public partial class PlateKeys : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            Alone(migrationBuilder, "ALTER TABLE vehicles ADD COLUMN IF NOT EXISTS plate_key text");
            Alone(migrationBuilder, "DROP INDEX CONCURRENTLY IF EXISTS ux_vehicles_plate_key");
            Alone(migrationBuilder, "CREATE UNIQUE INDEX CONCURRENTLY ux_vehicles_plate_key ON vehicles (plate_key)");
            Alone(migrationBuilder,
                """
                DO $$
                DECLARE last uuid := '00000000-0000-0000-0000-000000000000';
                BEGIN
                    LOOP
                        WITH step AS MATERIALIZED (
                            SELECT vehicle_id, upper(regexp_replace(
                                normalize(plate, NFKC), '[\s\-_\u2010-\u2015\u2212]', '', 'g')) AS key
                            FROM vehicles WHERE vehicle_id > last ORDER BY vehicle_id LIMIT 1000),
                        first AS (SELECT DISTINCT ON (key) key, vehicle_id FROM step ORDER BY key, vehicle_id),
                        keyed AS (
                            UPDATE vehicles AS car SET plate_key = first.key FROM first
                            WHERE car.vehicle_id = first.vehicle_id AND car.plate_key IS NULL
                                AND NOT EXISTS (SELECT FROM vehicles AS other WHERE other.plate_key = first.key))
                        SELECT vehicle_id FROM step ORDER BY vehicle_id DESC LIMIT 1 INTO last;
                        EXIT WHEN last IS NULL;
                        COMMIT;
                    END LOOP;
                END $$
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            Alone(migrationBuilder, "DROP INDEX CONCURRENTLY IF EXISTS ux_vehicles_plate_key");
            Alone(migrationBuilder, "ALTER TABLE vehicles DROP COLUMN IF EXISTS plate_key");
        }

        static void Alone(MigrationBuilder migrationBuilder, string sql) =>
            migrationBuilder.Sql(sql, suppressTransaction: true);
    }
}
