using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CarShare.Orders.Data.Migrations
{
    /// <summary>
    /// What paying is tried by, who is to be reached, and an index for each filter, made while orders are taken.
    /// </summary>
    public partial class EntitlementAndFilters : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            // Constants and what now() is at this moment: no row is written.
            migrationBuilder.Alone(
                """
                ALTER TABLE orders
                    ALTER COLUMN created_at SET DEFAULT now(),
                    ADD COLUMN IF NOT EXISTS contact_email varchar(200),
                    ADD COLUMN IF NOT EXISTS contact_name varchar(200),
                    ADD COLUMN IF NOT EXISTS contact_phone varchar(200),
                    ADD COLUMN IF NOT EXISTS next_payment_at timestamptz DEFAULT now(),
                    ADD COLUMN IF NOT EXISTS payment_attempts integer NOT NULL DEFAULT 0
                """);
            migrationBuilder.IndexAlone("IX_orders_status_order_id", "orders (status, order_id DESC)");
            migrationBuilder.IndexAlone(
                "ix_orders_declined",
                "orders (customer_id, created_at) WHERE status = 'Rejected' AND reason = 'payment-declined'");
            migrationBuilder.IndexAlone(
                "ix_orders_next_payment", "orders (next_payment_at) WHERE status = 'AwaitingPayment'");
            migrationBuilder.IndexAlone(
                "ix_orders_unpaid", "orders (customer_id) WHERE status IN ('Pending', 'AwaitingPayment')");
            migrationBuilder.IndexAlone("ix_orders_vehicles", "orders USING gin (vehicles jsonb_path_ops)");
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
