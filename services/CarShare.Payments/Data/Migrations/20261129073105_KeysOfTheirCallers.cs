using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CarShare.Payments.Data.Migrations
{
    /// <summary>
    /// Top-ups are kept by the key of whoever asked for them. What was asked before counts as the customer's own. The table of before stays for
    /// services of before, which run while this is applied; a later migration drops it.
    /// </summary>
    public partial class KeysOfTheirCallers : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "credits",
                columns: table => new
                {
                    caller_id = table.Column<string>(type: "text", nullable: false),
                    idempotency_key = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    customer_id = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    amount = table.Column<decimal>(type: "numeric(14,0)", nullable: false),
                    balance = table.Column<decimal>(type: "numeric(14,0)", nullable: false),
                    owed = table.Column<decimal>(type: "numeric(14,0)", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table => table.PrimaryKey("PK_credits", x => new { x.caller_id, x.idempotency_key }));

            migrationBuilder.Sql(
                """
                INSERT INTO credits (caller_id, idempotency_key, customer_id, amount, balance, owed, created_at)
                SELECT customer_id, idempotency_key, customer_id, amount, balance, owed, created_at FROM top_ups
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(name: "credits");
        }
    }
}
