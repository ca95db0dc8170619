using Microsoft.AspNetCore.Http;

namespace CarShare.ServiceDefaults;

/// <summary>
/// A parameter could be read but its value is refused: answered as 400 <c>validation</c> naming the field.
/// </summary>
public sealed class InvalidFieldException(string field, string message)
    : RequestRefusedException(StatusCodes.Status400BadRequest, (field, message));
