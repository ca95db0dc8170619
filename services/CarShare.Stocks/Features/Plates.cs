using CarShare.Contracts;
using CarShare.ServiceDefaults;
using CarShare.Stocks.Data;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Stocks.Features;

/// <summary>Registration of cars by their plates, which are unique.</summary>
static class Plates
{
    const int MaxLength = 20;

    public static Validator Plate(this Validator validator, IReadOnlyList<string?> plates, int min)
    {
        validator.That(plates.Count >= min && plates.Count <= 100, "plates", $"must be from {min} to 100");
        foreach (var plate in plates.Take(100)) validator.Identifier("plates", plate, MaxLength);
        var keys = plates.Take(100).Select(plate => Text.Identifier(plate ?? "")).ToList();
        return validator.That(keys.Distinct().Count() == keys.Count, "plates", "must not name a car twice");
    }

    /// <summary>Only orders reserve a car and hand it over.</summary>
    public static Validator Registrable(this Validator validator, VehicleState state) => validator.That(
        state is VehicleState.Available or VehicleState.Defective or VehicleState.Retired, "state",
        "must be Available, Defective or Retired");

    /// <summary>Adds cars. A plate that exists already, wherever and however spelt, refuses all of them.</summary>
    public static async Task<List<VehicleDto>> AddCars(
        this StocksDb db, Guid productId, IEnumerable<string> plates, string location, VehicleState state,
        CancellationToken ct)
    {
        var cars = plates.Select(plate =>
            new VehicleDto(Guid.CreateVersion7(), plate.Trim(), productId, location, state, null)).ToList();
        Guid[] ids = [.. cars.Select(c => c.VehicleId)];
        string[] names = [.. cars.Select(c => c.Plate)], keys = [.. cars.Select(c => Text.Identifier(c.Plate))];
        // Sorted, so that two requests with plates in common wait for each other in one direction only.
        var added = await db.Database.SqlQuery<string>(
            $"""
            INSERT INTO vehicles (vehicle_id, product_id, plate, plate_key, location, state)
            SELECT id, {productId}, plate, key, {location}, {state.ToString()}
            FROM unnest({ids}, {names}, {keys}) AS car(id, plate, key) ORDER BY key
            ON CONFLICT DO NOTHING RETURNING plate AS "Value"
            """).ToListAsync(ct);
        if (added.Count == cars.Count) return cars;
        var taken = string.Join(", ", names.Except(added));
        throw new RefusedException(
            Refusal.Conflict("plate-exists", "A car with this plate is registered already.") with
            {
                Errors = [("plates", $"registered already: {taken}")],
            });
    }
}
