namespace CarShare.Deliveries.Domain;

/// <summary>Why a step is refused: a code for programs, a sentence for people.</summary>
public sealed record BrokenRule(string Code, string Sentence);
