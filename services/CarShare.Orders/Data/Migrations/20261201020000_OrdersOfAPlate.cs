using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CarShare.Orders.Data.Migrations
{
    /// <summary>
    /// Orders are found by a plate in a table of their plates. The index by an expression that was used before is made
    /// anew with each change of an order, whatever changes: 0.8 ms of the 0.9 that storing a step took under load.
    /// The table is kept by a trigger, because services of before write orders too while an upgrade goes on. It
    /// only grows; which cars an order has now is in its row. Each statement may be run again.
    /// </summary>
    public partial class OrdersOfAPlate : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Alone(
                """
                CREATE TABLE IF NOT EXISTS order_plates (
                    plate text NOT NULL, order_id uuid NOT NULL, PRIMARY KEY (plate, order_id))
                """);
            migrationBuilder.Alone(
                """
                CREATE OR REPLACE FUNCTION keep_order_plates() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    INSERT INTO order_plates (plate, order_id)
                    SELECT plate_key(car ->> 'plate'), NEW.order_id FROM jsonb_array_elements(NEW.vehicles) AS car
                    WHERE car ->> 'plate' IS NOT NULL
                    ON CONFLICT DO NOTHING;
                    RETURN NULL;
                END
                $$
                """);
            migrationBuilder.Alone(
                """
                CREATE OR REPLACE TRIGGER keep_order_plates AFTER INSERT OR UPDATE OF vehicles ON orders
                    FOR EACH ROW WHEN (NEW.vehicles <> '[]') EXECUTE FUNCTION keep_order_plates()
                """);
            migrationBuilder.Alone(
                """
                INSERT INTO order_plates (plate, order_id)
                SELECT plate_key(car ->> 'plate'), order_id FROM orders, jsonb_array_elements(vehicles) AS car
                WHERE car ->> 'plate' IS NOT NULL
                ON CONFLICT DO NOTHING
                """);
            migrationBuilder.WithoutIndexAlone("ix_orders_plates_of");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.IndexAlone("ix_orders_plates_of", "orders USING gin (plates_of(vehicles))");
            migrationBuilder.Alone("DROP TRIGGER IF EXISTS keep_order_plates ON orders");
            migrationBuilder.Alone("DROP FUNCTION IF EXISTS keep_order_plates()");
            migrationBuilder.Alone("DROP TABLE IF EXISTS order_plates");
        }
    }
}
