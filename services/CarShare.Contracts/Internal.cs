namespace CarShare.Contracts;

// The synchronous calls between services; never reachable from outside.

public sealed record ReserveRequest(int Quantity, Guid? VehicleId = null);

public sealed record ReservationDto(string ModelName, decimal HourlyRate, IReadOnlyList<VehicleRef> Vehicles,
    int Revision);

public sealed record PayRequest(string CustomerId, decimal Amount);

public sealed record PaymentResultDto(Guid PaymentId, PaymentStatus Status);
