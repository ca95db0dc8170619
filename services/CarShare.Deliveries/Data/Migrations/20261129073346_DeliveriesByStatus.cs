using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CarShare.Deliveries.Data.Migrations
{
    /// <summary>
    /// Operators look for deliveries by status; the index over all cars of deliveries has had its day. Made while
    /// deliveries go on; each statement may be run again.
    /// </summary>
    public partial class DeliveriesByStatus : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            Alone(migrationBuilder, "DROP INDEX CONCURRENTLY IF EXISTS ix_deliveries_status");
            Alone(migrationBuilder, "CREATE INDEX CONCURRENTLY ix_deliveries_status ON deliveries (status, delivery_id)");
            Alone(migrationBuilder, "DROP INDEX CONCURRENTLY IF EXISTS ix_deliveries_holding");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            Alone(migrationBuilder, "DROP INDEX CONCURRENTLY IF EXISTS ix_deliveries_holding");
            Alone(
                migrationBuilder,
                """
                CREATE INDEX CONCURRENTLY ix_deliveries_holding ON deliveries USING gin (vehicles jsonb_path_ops)
                WHERE status IN ('Dispatched', 'Retrieving')
                """);
            Alone(migrationBuilder, "DROP INDEX CONCURRENTLY IF EXISTS ix_deliveries_status");
        }

        static void Alone(MigrationBuilder migrationBuilder, string sql) =>
            migrationBuilder.Sql(sql, suppressTransaction: true);
    }
}
