using Microsoft.AspNetCore.Http.HttpResults;

namespace CarShare.Stocks.Features;

/// <summary>Thrown inside a transaction, so that a request that is refused leaves nothing behind.</summary>
sealed class Refused(ProblemHttpResult answer) : Exception
{
    public ProblemHttpResult Answer { get; } = answer;
}
