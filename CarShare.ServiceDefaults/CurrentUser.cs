using Microsoft.AspNetCore.Http;

namespace CarShare.ServiceDefaults;

/// <summary>
/// Who asks. A parameter of this type is bound by itself; nobody known is a user without id who is no operator.
/// Read from the headers <c>X-Customer</c> (1 to 100 characters) and <c>X-Role: operator</c>, which only a trusted gateway may set.
/// </summary>
/// <param name="CustomerId">The customer, or null.</param>
/// <param name="IsOperator">True for the company's staff.</param>
public sealed record CurrentUser(string? CustomerId, bool IsOperator)
{
    /// <summary>The longest customer id, in characters.</summary>
    public const int MaxIdLength = 100;

    /// <summary>Reads the caller of a request.</summary>
    public static CurrentUser Of(HttpContext context)
    {
        var headers = context.Request.Headers;
        string? customer = headers["X-Customer"];
        var valid = customer is { Length: > 0 and <= MaxIdLength } && !string.IsNullOrWhiteSpace(customer) && Validator.IsCleanText(customer);
        return new(valid ? customer : null, headers["X-Role"] == "operator");
    }

    /// <summary>Called by the framework.</summary>
    public static ValueTask<CurrentUser?> BindAsync(HttpContext context) => new(Of(context));
}
