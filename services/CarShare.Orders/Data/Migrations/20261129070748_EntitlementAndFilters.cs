using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CarShare.Orders.Data.Migrations
{
    /// <inheritdoc />
    public partial class EntitlementAndFilters : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AlterColumn<DateTimeOffset>(
                name: "created_at",
                table: "orders",
                type: "timestamp with time zone",
                nullable: false,
                defaultValueSql: "now()",
                oldClrType: typeof(DateTimeOffset),
                oldType: "timestamp with time zone");

            migrationBuilder.AddColumn<string>(
                name: "contact_email",
                table: "orders",
                type: "character varying(200)",
                maxLength: 200,
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "contact_name",
                table: "orders",
                type: "character varying(200)",
                maxLength: 200,
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "contact_phone",
                table: "orders",
                type: "character varying(200)",
                maxLength: 200,
                nullable: true);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "next_payment_at",
                table: "orders",
                type: "timestamp with time zone",
                nullable: true,
                defaultValueSql: "now()");

            migrationBuilder.AddColumn<int>(
                name: "payment_attempts",
                table: "orders",
                type: "integer",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.CreateIndex(
                name: "IX_orders_status_order_id",
                table: "orders",
                columns: new[] { "status", "order_id" },
                descending: new[] { false, true })
                .Annotation("Npgsql:CreatedConcurrently", true);

            migrationBuilder.CreateIndex(
                name: "ix_orders_declined",
                table: "orders",
                columns: new[] { "customer_id", "created_at" },
                filter: "status = 'Rejected' AND reason = 'payment-declined'")
                .Annotation("Npgsql:CreatedConcurrently", true);

            migrationBuilder.CreateIndex(
                name: "ix_orders_next_payment",
                table: "orders",
                column: "next_payment_at",
                filter: "status = 'AwaitingPayment'")
                .Annotation("Npgsql:CreatedConcurrently", true);

            migrationBuilder.CreateIndex(
                name: "ix_orders_unpaid",
                table: "orders",
                column: "customer_id",
                filter: "status IN ('Pending', 'AwaitingPayment')")
                .Annotation("Npgsql:CreatedConcurrently", true);

            migrationBuilder.CreateIndex(
                name: "ix_orders_vehicles",
                table: "orders",
                column: "vehicles")
                .Annotation("Npgsql:CreatedConcurrently", true)
                .Annotation("Npgsql:IndexMethod", "gin")
                .Annotation("Npgsql:IndexOperators", new[] { "jsonb_path_ops" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_orders_status_order_id",
                table: "orders");

            migrationBuilder.DropIndex(
                name: "ix_orders_declined",
                table: "orders");

            migrationBuilder.DropIndex(
                name: "ix_orders_next_payment",
                table: "orders");

            migrationBuilder.DropIndex(
                name: "ix_orders_unpaid",
                table: "orders");

            migrationBuilder.DropIndex(
                name: "ix_orders_vehicles",
                table: "orders");

            migrationBuilder.DropColumn(
                name: "contact_email",
                table: "orders");

            migrationBuilder.DropColumn(
                name: "contact_name",
                table: "orders");

            migrationBuilder.DropColumn(
                name: "contact_phone",
                table: "orders");

            migrationBuilder.DropColumn(
                name: "next_payment_at",
                table: "orders");

            migrationBuilder.DropColumn(
                name: "payment_attempts",
                table: "orders");

            migrationBuilder.AlterColumn<DateTimeOffset>(
                name: "created_at",
                table: "orders",
                type: "timestamp with time zone",
                nullable: false,
                oldClrType: typeof(DateTimeOffset),
                oldType: "timestamp with time zone",
                oldDefaultValueSql: "now()");
        }
    }
}
