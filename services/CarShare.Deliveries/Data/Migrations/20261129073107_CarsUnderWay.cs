using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CarShare.Deliveries.Data.Migrations
{
    /// <summary>
    /// Who has which car, with the car as the key, and who brings it. Of the deliveries only those on their way are
    /// read.
    /// </summary>
    public partial class CarsUnderWay : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(
                """
                ALTER TABLE deliveries ADD COLUMN shipper varchar(100);
                CREATE TABLE cars_under_way (vehicle_id uuid NOT NULL, order_id uuid NOT NULL,
                    CONSTRAINT "PK_cars_under_way" PRIMARY KEY (vehicle_id));
                CREATE INDEX ix_cars_under_way_order ON cars_under_way (order_id);
                INSERT INTO cars_under_way (vehicle_id, order_id)
                SELECT (car ->> 'vehicleId')::uuid, order_id FROM deliveries, jsonb_array_elements(vehicles) AS car
                WHERE status IN ('Dispatched', 'Retrieving') ORDER BY changed_at
                ON CONFLICT DO NOTHING;
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("DROP TABLE cars_under_way; ALTER TABLE deliveries DROP COLUMN shipper;");
        }
    }
}
