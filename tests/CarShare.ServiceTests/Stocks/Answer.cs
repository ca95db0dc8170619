using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CarShare.ServiceDefaults;

namespace CarShare.ServiceTests.Stocks;

/// <summary>An answer with either a value or the code of the problem.</summary>
public sealed record Answer<T>(HttpStatusCode Status, T? Value, string? Problem, IReadOnlyList<string> Fields)
    where T : class
{
    public static async Task<Answer<T>> Read(HttpResponseMessage response)
    {
        if (response.IsSuccessStatusCode)
            return new(response.StatusCode, await response.Content.ReadFromJsonAsync<T>(ApiJson.Options), null, []);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>();
        string[] fields =
            problem.TryGetProperty("errors", out var errors) ? [.. errors.EnumerateObject().Select(e => e.Name)] : [];
        return new(response.StatusCode, null, problem.GetProperty("type").GetString()!.Split(':')[^1], fields);
    }
}
