using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CarShare.Orders.Data.Migrations
{
    /// <summary>
    /// Orders are found by a plate in either case of any script: a server whose locale is C knows the case of ASCII
    /// only, so the collation is named. What is sought goes through the same function as what is found. The function of
    /// before stays for services of before; the index is made while orders are taken, and each statement may be run
    /// again.
    /// </summary>
    public partial class OrdersByPlateInOneCase : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            Alone(migrationBuilder,
                """
                CREATE OR REPLACE FUNCTION plate_key(plate text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
                    SELECT upper(regexp_replace(normalize(plate, NFKC), '[\s\-_\u2010-\u2015\u2212]', '', 'g')
                        COLLATE "und-x-icu") COLLATE "default"
                $$
                """);
            Alone(migrationBuilder,
                """
                CREATE OR REPLACE FUNCTION plates_of(cars jsonb) RETURNS text[]
                    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
                    SELECT array_agg(plate_key(car ->> 'plate')) FROM jsonb_array_elements(cars) AS car
                $$
                """);
            Alone(migrationBuilder, "DROP INDEX CONCURRENTLY IF EXISTS ix_orders_plates_of");
            Alone(migrationBuilder,
                "CREATE INDEX CONCURRENTLY ix_orders_plates_of ON orders USING gin (plates_of(vehicles))");
            Alone(migrationBuilder, "DROP INDEX CONCURRENTLY IF EXISTS ix_orders_plates");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            Alone(migrationBuilder, "DROP INDEX CONCURRENTLY IF EXISTS ix_orders_plates");
            Alone(migrationBuilder,
                "CREATE INDEX CONCURRENTLY ix_orders_plates ON orders USING gin (plate_keys(vehicles))");
            Alone(migrationBuilder, "DROP INDEX CONCURRENTLY IF EXISTS ix_orders_plates_of");
            Alone(migrationBuilder, "DROP FUNCTION IF EXISTS plates_of(jsonb)");
            Alone(migrationBuilder, "DROP FUNCTION IF EXISTS plate_key(text)");
        }

        static void Alone(MigrationBuilder migrationBuilder, string sql) =>
            migrationBuilder.Sql(sql, suppressTransaction: true);
    }
}
