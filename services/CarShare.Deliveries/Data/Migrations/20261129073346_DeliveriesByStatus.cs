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
            migrationBuilder.IndexAlone("ix_deliveries_status", "deliveries (status, delivery_id)");
            migrationBuilder.WithoutIndexAlone("ix_deliveries_holding");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.IndexAlone(
                "ix_deliveries_holding",
                "deliveries USING gin (vehicles jsonb_path_ops) WHERE status IN ('Dispatched', 'Retrieving')");
            migrationBuilder.WithoutIndexAlone("ix_deliveries_status");
        }
    }
}
