using System.Text.Json;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Mvc;

namespace CarShare.Orders.Clients;

/// <summary>What the clients of the neighbours have in common.</summary>
static class Answers
{
    /// <summary>The neighbour can't be reached, or talks nonsense: nobody knows whether it acted.</summary>
    public static bool IsNone(Exception e) => InternalClient.IsUnavailable(e) || e is JsonException;

    public static Task<T?> Read<T>(this HttpResponseMessage answer, CancellationToken ct) =>
        answer.Content.ReadFromJsonAsync<T>(ApiJson.Options, ct);

    /// <summary>The last part of the problem's type; empty when the answer is no problem document.</summary>
    public static async Task<string> ProblemCode(this HttpResponseMessage answer, CancellationToken ct)
    {
        try
        {
            var type = (await answer.Read<ProblemDetails>(ct))?.Type ?? "";
            return type[(type.LastIndexOf(':') + 1)..];
        }
        catch (JsonException)
        {
            return "";
        }
    }
}
