using CarShare.Contracts;

namespace CarShare.ServiceDefaults;

/// <summary>
/// Thrown inside a transaction, so that a request that is refused leaves nothing behind; answered as it says.
/// </summary>
/// <param name="refusal">What the caller is told.</param>
public sealed class RefusedException(Refusal refusal) : Exception(refusal.Sentence)
{
    /// <summary>What the caller is told.</summary>
    public Refusal Refusal { get; } = refusal;
}
