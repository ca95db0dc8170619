using CarShare.Contracts;

namespace CarShare.Orders.Domain;

/// <summary>What a customer asks for.</summary>
/// <param name="ProductId">The model.</param>
/// <param name="VehicleId">One particular car of it.</param>
/// <param name="Quantity">Cars.</param>
/// <param name="Hours">Rented hours.</param>
/// <param name="DeliveryAddress">Where the cars are brought.</param>
/// <param name="Contact">Whom to call.</param>
public sealed record OrderTerms(
    Guid ProductId, Guid? VehicleId, int Quantity, int Hours, string DeliveryAddress, Contact? Contact = null);
