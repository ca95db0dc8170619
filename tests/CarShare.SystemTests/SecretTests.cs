using System.Net;
using System.Net.Http.Headers;

namespace CarShare.SystemTests;

[Collection(nameof(ManualSystem))]
public sealed class SecretTests(ManualSystem system)
{
    // C42
    [Fact]
    public async Task No_log_of_any_process_tells_a_secret_or_where_a_customer_lives()
    {
        var mark = Guid.NewGuid().ToString("N")[..16];
        var product = await system.Operator().Registers(cars: 2);
        var alice = await system.Customer().TopUp(10_000);
        var order =
            $$"""{"productId":"{{product.ProductId}}","quantity":1,"hours":1,"deliveryAddress":"{{mark}} street"}""";

        // A rental, its repetition, another order under the same key, and input that is refused at several places.
        Assert.Equal(HttpStatusCode.Created, await Send("/orders", order));
        Assert.Equal(HttpStatusCode.Created, await Send("/orders", order));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await Send(
            "/orders", order.Replace("\"hours\":1", "\"hours\":2", StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.BadRequest, await Send(
            "/orders", order.Replace("street", "\\u0000", StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.BadRequest, await Send(
            "/orders", $$"""{"productId":"{{mark}}","deliveryAddress":"{{mark}}"""));
        Assert.Equal(HttpStatusCode.BadRequest, await Send($"/orders/{Guid.NewGuid()}/payment?note={mark}", ""));
        Assert.Equal(HttpStatusCode.Unauthorized, await Send("/orders", order, $"forged.{mark}.token"));
        using var taken = await system.Operator().Http.PostAsync(
            $"/stocks/{product.ProductId}/vehicles", Json($$"""{"plates":["{{mark}}"],"location":"Seoul depot"}"""));
        using var again = await system.Operator().Http.PostAsync(
            $"/stocks/{product.ProductId}/vehicles", Json($$"""{"plates":["{{mark}}"],"location":"Seoul depot"}"""));
        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.Conflict), (taken.StatusCode, again.StatusCode));

        var secrets = CarShareSystem.Workloads.SelectMany(system.SecretsOf).ToList();
        Assert.NotEmpty(secrets);
        foreach (var user in (string[])[alice.Name, "operator"]) secrets.Add((await system.Token(user)).Split('.')[2]);

        var logs = Directory.GetFiles(system.Logs, "*.log")
            .ToDictionary(file => Path.GetFileNameWithoutExtension(file), ReadShared);
        Assert.Empty(CarShareSystem.Workloads.Concat(["identity", "postgres"]).Except(logs.Keys));
        foreach (var (resource, log) in logs)
        {
            Assert.NotEqual("", log);
            Assert.DoesNotContain(log.Split('\n'), line => line.Contains(mark, StringComparison.Ordinal));
            Assert.DoesNotContain(secrets, secret => log.Contains(secret, StringComparison.Ordinal));
        }

        async Task<HttpStatusCode> Send(string route, string body, string? token = null)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, route)
            {
                Content = body is "" ? null : Json(body),
                Headers = { { "Idempotency-Key", mark } },
            };
            if (token is not null) request.Headers.Authorization = new("Bearer", token);
            using var answer = await alice.Http.SendAsync(request);
            return answer.StatusCode;
        }
    }

    static StringContent Json(string text) => new(text, new MediaTypeHeaderValue("application/json"));

    static string ReadShared(string file)
    {
        using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd();
    }
}
