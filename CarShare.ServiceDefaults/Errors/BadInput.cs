using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace CarShare.ServiceDefaults.Errors;

/// <summary>Names the field a request failed on, without the .NET types that stand in the framework's messages.</summary>
static partial class BadInput
{
    internal static (string Field, string Message)[] Fields(BadHttpRequestException exception) => exception switch
    {
        InvalidFieldException invalid => [(invalid.Field, invalid.Message)],
        { InnerException: JsonException json } => Fields(json),
        _ => FromBinding(exception.Message),
    };

    static (string, string)[] Fields(JsonException exception)
    {
        if (MissingMembers().Match(exception.Message) is { Success: true } missing)
            return [.. Quoted().Matches(missing.Groups[1].Value).Select(name => (name.Groups[1].Value, "is required"))];
        if (UnknownMember().Match(exception.Message) is { Success: true } unknown) return [(unknown.Groups[1].Value, "is not a known field")];
        if (DuplicateMember().Match(exception.Message) is { Success: true } duplicate) return [(duplicate.Groups[1].Value, "is given twice")];
        var field = exception.Path is { Length: > 2 } path ? path[2..] : "body";
        return [(field, field == "body" ? "is not the JSON expected here" : "has the wrong type or format")];
    }

    static (string, string)[] FromBinding(string message)
    {
        if (FailedParameter().Match(message) is { Success: true } failed) return [(CamelCase(failed.Groups[1].Value), "has the wrong type or format")];
        if (RequiredParameter().Match(message) is { Success: true } required) return [(CamelCase(required.Groups[1].Value), "is required")];
        return [("body", "is missing or could not be read")];
    }

    static string CamelCase(string name) => JsonNamingPolicy.CamelCase.ConvertName(name);

    [GeneratedRegex("missing required properties including: (.*)")]
    private static partial Regex MissingMembers();

    [GeneratedRegex("'([^']*)'")]
    private static partial Regex Quoted();

    [GeneratedRegex("The JSON property '(.*)' could not be mapped")]
    private static partial Regex UnknownMember();

    [GeneratedRegex("Duplicate property '(.*)' encountered")]
    private static partial Regex DuplicateMember();

    [GeneratedRegex("^Failed to bind parameter \"(?:.* )?([^ \"]+)\" from")]
    private static partial Regex FailedParameter();

    [GeneratedRegex("^Required parameter \"(?:.* )?([^ \"]+)\" was not provided from")]
    private static partial Regex RequiredParameter();
}
