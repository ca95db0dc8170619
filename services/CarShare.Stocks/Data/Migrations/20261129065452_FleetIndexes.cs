using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CarShare.Stocks.Data.Migrations
{
    /// <summary>
    /// An index for each filter, made while rentals go on. Each statement stands for itself and may be run again: what
    /// an interrupted run left behind is taken away first.
    /// </summary>
    public partial class FleetIndexes : Migration
    {
        static readonly (string Name, string On)[] Indexes =
        [
            ("ix_vehicles_free_by_place",
                "vehicles (product_id, vehicle_id) INCLUDE (location) WHERE order_id IS NULL AND state = 'Available'"),
            ("ix_vehicles_not_free", "vehicles (product_id, state, vehicle_id) WHERE order_id IS NOT NULL OR state <> 'Available'"),
            ("ix_products_places", "products USING gin (places)"),
            ("ix_products_price", "products (hourly_rate, product_id)"),
            ("ix_products_with_cars", "products (product_id) WHERE published_available > 0 AND retired_at IS NULL"),
            ("ix_products_without_cars", "products (product_id) WHERE published_available = 0 AND retired_at IS NULL"),
        ];

        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            foreach (var (name, on) in Indexes) migrationBuilder.IndexAlone(name, on);
            migrationBuilder.WithoutIndexAlone("ix_vehicles_free");
            migrationBuilder.Alone("ALTER TABLE vehicles VALIDATE CONSTRAINT ck_vehicles_state");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.IndexAlone(
                "ix_vehicles_free", "vehicles (product_id, vehicle_id) WHERE order_id IS NULL AND state = 'Available'");
            foreach (var (name, _) in Indexes) migrationBuilder.WithoutIndexAlone(name);
        }
    }
}
