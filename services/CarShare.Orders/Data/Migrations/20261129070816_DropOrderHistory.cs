using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CarShare.Orders.Data.Migrations
{
    /// <summary>Nobody writes histories of orders into a table of their own any more, so the table goes, with the trigger that copied them.</summary>
    public partial class DropOrderHistory : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(
                """
                DROP TRIGGER order_history_into_row ON order_history;
                DROP FUNCTION order_history_into_row();
                DROP FUNCTION order_history_step(order_history);
                DROP TABLE order_history;
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            throw new System.NotSupportedException("The table is gone; its contents are in the rows of the orders.");
        }
    }
}
