using System.Text.Json;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Mvc;

namespace CarShare.Orders.Clients;

static class ProblemCode
{
    /// <summary>The last part of the problem's type; empty when the answer is no problem document.</summary>
    public static async Task<string> Of(HttpResponseMessage answer, CancellationToken ct)
    {
        try
        {
            var type = (await answer.Content.ReadFromJsonAsync<ProblemDetails>(ApiJson.Options, ct))?.Type ?? "";
            return type[(type.LastIndexOf(':') + 1)..];
        }
        catch (JsonException)
        {
            return "";
        }
    }
}
