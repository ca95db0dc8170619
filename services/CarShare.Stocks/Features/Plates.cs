using CarShare.Contracts;
using CarShare.ServiceDefaults;
using CarShare.Stocks.Data;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Stocks.Features;

/// <summary>Registration of cars by their plates, which are unique.</summary>
static class Plates
{
    const int MaxLength = 20;

    public static Validator Plate(this Validator validator, IReadOnlyList<string?> plates, int min)
    {
        validator.That(plates.Count >= min && plates.Count <= 100, "plates", $"must be from {min} to 100");
        foreach (var plate in plates.Take(100)) validator.Text("plates", plate, 1, MaxLength);
        return validator.That(plates.Select(p => p?.Trim()).Distinct().Count() == plates.Count, "plates", "must not name a car twice");
    }

    /// <summary>Adds free cars. A plate that exists already, wherever, refuses all of them.</summary>
    public static async Task<List<VehicleDto>> AddCars(this StocksDb db, Guid productId, IEnumerable<string> plates, string location, CancellationToken ct)
    {
        var cars = plates.Select(plate => new VehicleDto(Guid.CreateVersion7(), plate.Trim(), productId, location, VehicleState.Available, null)).ToList();
        Guid[] ids = [.. cars.Select(c => c.VehicleId)];
        string[] names = [.. cars.Select(c => c.Plate)];
        // Sorted, so that two requests with plates in common wait for each other in one direction only.
        var added = await db.Database.SqlQuery<string>(
            $"""
            INSERT INTO vehicles (vehicle_id, product_id, plate, location, state)
            SELECT id, {productId}, plate, {location}, 'Available' FROM unnest({ids}, {names}) AS car(id, plate) ORDER BY plate
            ON CONFLICT (plate) DO NOTHING RETURNING plate AS "Value"
            """).ToListAsync(ct);
        if (added.Count == cars.Count) return cars;
        var taken = string.Join(", ", names.Except(added));
        throw new Refused(Problems.Of(StatusCodes.Status409Conflict, "plate-exists", "A car with this plate is registered already.", ("plates", $"registered already: {taken}")));
    }
}
