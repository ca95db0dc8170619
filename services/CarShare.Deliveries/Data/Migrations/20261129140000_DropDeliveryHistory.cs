using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CarShare.Deliveries.Data.Migrations
{
    /// <summary>
    /// Nobody writes histories of deliveries into a table of their own any more, so the table goes, with the trigger
    /// that copied them.
    /// </summary>
    public partial class DropDeliveryHistory : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(
                """
                DROP TRIGGER delivery_history_into_row ON delivery_history;
                DROP FUNCTION delivery_history_into_row();
                DROP FUNCTION delivery_history_step(delivery_history);
                DROP TABLE delivery_history;
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            throw new System.NotSupportedException("The table is gone; its contents are in the rows of the deliveries.");
        }
    }
}
