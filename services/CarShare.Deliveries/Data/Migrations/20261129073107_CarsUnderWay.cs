using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CarShare.Deliveries.Data.Migrations
{
    /// <summary>
    /// Who has which car, with the car as the key, and who brings it. Of the deliveries only those on their way are
    /// read, when nobody waits for a lock of this any more.
    /// </summary>
    public partial class CarsUnderWay : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Alone("ALTER TABLE deliveries ADD COLUMN IF NOT EXISTS shipper varchar(100)");
            migrationBuilder.Alone(
                """
                CREATE TABLE IF NOT EXISTS cars_under_way (vehicle_id uuid NOT NULL, order_id uuid NOT NULL,
                    CONSTRAINT "PK_cars_under_way" PRIMARY KEY (vehicle_id));
                CREATE INDEX IF NOT EXISTS ix_cars_under_way_order ON cars_under_way (order_id);
                """);
            // What a run before this one has copied may be over by now.
            migrationBuilder.Alone(
                """
                DELETE FROM cars_under_way AS car WHERE NOT EXISTS (
                    SELECT FROM deliveries AS d
                    WHERE d.order_id = car.order_id AND d.status IN ('Dispatched', 'Retrieving'));
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
