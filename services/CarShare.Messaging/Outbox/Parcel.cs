namespace CarShare.Messaging;

/// <summary>A row that the producer has, and whether it travels alone.</summary>
sealed record Parcel((string Topic, int Partition) Place, bool IsAlone, Activity? Span);
