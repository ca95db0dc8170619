using Microsoft.AspNetCore.Http;

namespace CarShare.ServiceDefaults;

/// <summary>A parameter could be read but its value is refused: answered as 400 <c>validation</c> naming the field.</summary>
public sealed class InvalidFieldException(string field, string message) : BadHttpRequestException(message, StatusCodes.Status400BadRequest)
{
    /// <summary>The name the caller used.</summary>
    public string Field { get; } = field;
}
