using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CarShare.Stocks.Data.Migrations
{
    /// <summary>
    /// What products are edited, retired and found by. Nothing here reads or writes rows: the new columns are null or
    /// have a constant, the constraint is checked in the next migration.
    /// </summary>
    public partial class FleetOnOffer : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(
                """
                ALTER TABLE stock_orders ADD COLUMN hourly_rate numeric(14,0), ADD COLUMN model_name varchar(200);
                ALTER TABLE products ADD COLUMN edition integer NOT NULL DEFAULT 0, ADD COLUMN retired_at timestamptz,
                    ADD COLUMN shown_location varchar(200), ADD COLUMN places text[] NOT NULL DEFAULT '{}';
                ALTER TABLE vehicles DROP CONSTRAINT ck_vehicles_state,
                    ADD CONSTRAINT ck_vehicles_state CHECK (
                        state IN ('Available', 'InUse', 'Defective', 'Retired')) NOT VALID;
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(
                """
                ALTER TABLE vehicles DROP CONSTRAINT ck_vehicles_state,
                    ADD CONSTRAINT ck_vehicles_state CHECK (state IN ('Available', 'InUse', 'Defective')) NOT VALID;
                ALTER TABLE products DROP COLUMN edition, DROP COLUMN retired_at, DROP COLUMN shown_location,
                    DROP COLUMN places;
                ALTER TABLE stock_orders DROP COLUMN hourly_rate, DROP COLUMN model_name;
                """);
        }
    }
}
