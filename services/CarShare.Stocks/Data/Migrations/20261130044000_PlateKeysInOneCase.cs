using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CarShare.Stocks.Data.Migrations
{
    /// <summary>
    /// Keys of cars of before in the case that plates are compared in: a server whose locale is C left letters beyond
    /// ASCII as they were. Letter by letter, as the service does it, and in small steps while rentals go on, each of
    /// which may be run again. A car whose plate another one has already in another spelling stays without.
    /// </summary>
    public partial class PlateKeysInOneCase : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
            """
            DO $$
            DECLARE last uuid := '00000000-0000-0000-0000-000000000000';
            BEGIN
                LOOP
                    WITH step AS MATERIALIZED (
                        SELECT vehicle_id, plate_key FROM vehicles WHERE vehicle_id > last
                        ORDER BY vehicle_id LIMIT 1000),
                    folded AS (
                        SELECT vehicle_id, plate_key, (
                            SELECT string_agg(CASE WHEN letter <> 'ı' AND length(upper(letter COLLATE "und-x-icu")) = 1
                                THEN upper(letter COLLATE "und-x-icu") ELSE letter END COLLATE "default",
                                '' ORDER BY place)
                            FROM regexp_split_to_table(plate_key, '') WITH ORDINALITY AS letters(letter, place)) AS key
                        FROM step WHERE octet_length(plate_key) > length(plate_key)),
                    wrong AS (SELECT *, row_number() OVER (PARTITION BY key ORDER BY vehicle_id) AS nth
                        FROM folded WHERE key <> plate_key),
                    keyed AS (
                        UPDATE vehicles AS car SET plate_key = CASE WHEN nth = 1
                            AND NOT EXISTS (SELECT FROM vehicles AS other WHERE other.plate_key = wrong.key)
                            THEN wrong.key END
                        FROM wrong WHERE car.vehicle_id = wrong.vehicle_id)
                    SELECT vehicle_id FROM step ORDER BY vehicle_id DESC LIMIT 1 INTO last;
                    EXIT WHEN last IS NULL;
                    COMMIT;
                END LOOP;
            END $$
            """, suppressTransaction: true);

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
        }
    }
}
