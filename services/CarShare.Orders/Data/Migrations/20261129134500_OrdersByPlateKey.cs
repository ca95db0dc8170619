using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CarShare.Orders.Data.Migrations
{
    /// <summary>
    /// Orders are found by a plate however it is spelt: in upper case, without blanks and dashes. The index is made
    /// while orders are taken; each statement may be run again.
    /// </summary>
    public partial class OrdersByPlateKey : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            Alone(migrationBuilder,
                """
                CREATE OR REPLACE FUNCTION plate_keys(cars jsonb) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
                    SELECT array_agg(upper(regexp_replace(
                        normalize(car ->> 'plate', NFKC), '[\s\-_\u2010-\u2015\u2212]', '', 'g')))
                    FROM jsonb_array_elements(cars) AS car
                $$
                """);
            Alone(migrationBuilder, "DROP INDEX CONCURRENTLY IF EXISTS ix_orders_plates");
            Alone(migrationBuilder,
                "CREATE INDEX CONCURRENTLY ix_orders_plates ON orders USING gin (plate_keys(vehicles))");
            Alone(migrationBuilder, "DROP INDEX CONCURRENTLY IF EXISTS ix_orders_vehicles");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            Alone(migrationBuilder,
                "CREATE INDEX CONCURRENTLY ix_orders_vehicles ON orders USING gin (vehicles jsonb_path_ops)");
            Alone(migrationBuilder, "DROP INDEX CONCURRENTLY IF EXISTS ix_orders_plates");
            Alone(migrationBuilder, "DROP FUNCTION IF EXISTS plate_keys(jsonb)");
        }

        static void Alone(MigrationBuilder migrationBuilder, string sql) =>
            migrationBuilder.Sql(sql, suppressTransaction: true);
    }
}
