using Microsoft.AspNetCore.Http;

namespace CarShare.ServiceDefaults;

/// <summary>
/// A request that can't be read, or whose parts say what is not known here: answered as a 4xx that names each part.
/// </summary>
/// <param name="status">400, 405, 412, 413 or 415.</param>
/// <param name="errors">The part, by the name the caller used, and what is wrong with it.</param>
public sealed class RequestRefusedException(int status, params IReadOnlyList<(string Field, string Message)> errors)
    : BadHttpRequestException(string.Join("; ", errors.Select(error => $"{error.Field} {error.Message}")), status)
{
    /// <summary>Answered as 400 <c>validation</c> that names the part.</summary>
    public RequestRefusedException(string field, string message)
        : this(StatusCodes.Status400BadRequest, (field, message))
    {
    }

    /// <summary>Part by part.</summary>
    public IReadOnlyList<(string Field, string Message)> Errors { get; } = errors;
}
