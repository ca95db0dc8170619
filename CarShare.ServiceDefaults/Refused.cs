using Microsoft.AspNetCore.Http.HttpResults;

namespace CarShare.ServiceDefaults;

/// <summary>
/// Thrown inside a transaction, so that a request that is refused leaves nothing behind; answered as it says.
/// </summary>
/// <param name="answer">A problem below 500.</param>
public sealed class Refused(ProblemHttpResult answer) : Exception(answer.ProblemDetails.Detail)
{
    /// <summary>What the caller is told.</summary>
    public ProblemHttpResult Answer { get; } = answer;
}
