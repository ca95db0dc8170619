using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Aspire.Hosting.Testing;
using CarShare.Tests;

namespace CarShare.SystemTests.Access;

/// <summary>Every operation of every document with every kind of token.</summary>
[Collection(nameof(ManualSystem))]
public sealed class AccessTests(ManualSystem system)
{
    static readonly string[] Methods = ["get", "put", "post", "delete", "patch"];

    // C25 C27
    [Fact]
    public async Task Every_documented_operation_answers_every_kind_of_token_as_the_table_says()
    {
        var product = await system.Operator().Registers(cars: 1);
        var alice = await system.Customer().TopUp(10_000);
        var order = (await alice.Rents(product.ProductId)).OrderId;
        await alice.SeesOnPage(order, "the delivery", page => page.DeliveryStatus is not null);
        var tokens = await TokensOf(alice.Name);
        using var gateway = system.Gateway();

        var wrong = new List<string>();
        foreach (var service in CarShareSystem.Services)
        {
            using var direct = system.App.CreateHttpClient(service, "http");
            wrong.AddRange(await Check(gateway, $"/openapi/{service}.json", AccessTable.Public));
            wrong.AddRange(await Check(direct, "/openapi/internal.json", AccessTable.Internal));
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));

        async Task<List<string>> Check(HttpClient http, string document, AccessRow[] table)
        {
            var broken = new List<string>();
            foreach (var operation in Operations((await http.GetFromJsonAsync<JsonNode>(document))!))
            {
                var rows = table.Where(row => row.Operation == operation).ToList();
                if (rows.Count == 0) broken.Add($"{document}: {operation} is not in the table");
                foreach (var row in rows)
                    foreach (var (who, token) in tokens)
                    {
                        var (expected, status) = (Expected(row, who), await Status(http, row, token));
                        if (status != expected)
                            broken.Add($"{row.Operation} {row.Path} with {who}: {status} instead of {expected}");
                    }
            }

            return broken;
        }

        async Task<int> Status(HttpClient http, AccessRow row, string? token)
        {
            var (method, path) =
                row.Operation.Split(' ') is [var verb, var route] ? (new HttpMethod(verb), row.Path ?? route) : default;
            path = path.Replace("{id}", $"{order}", StringComparison.Ordinal)
                .Replace("{orderId}", $"{order}", StringComparison.Ordinal)
                .Replace("{productId}", $"{product.ProductId}", StringComparison.Ordinal)
                .Replace("{vehicleId}", $"{Guid.NewGuid()}", StringComparison.Ordinal)
                .Replace("ALICE", alice.Name, StringComparison.Ordinal);
            using var request = new HttpRequestMessage(method, path);
            if (method != HttpMethod.Get && method != HttpMethod.Delete)
                request.Content = new StringContent(
                    row.Body.Replace("ALICE", alice.Name, StringComparison.Ordinal), Encoding.UTF8, "application/json");
            // Between services a path says what is done once; a key that nobody keeps is refused.
            if (method == HttpMethod.Post || !path.StartsWith("/internal", StringComparison.Ordinal))
                request.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString());
            if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            if ((int)answer.StatusCode is 401 or 403)
                Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
            if ((int)answer.StatusCode is 401)
                Assert.StartsWith("Bearer", answer.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
            return (int)answer.StatusCode;
        }
    }

    [Fact]
    public async Task The_table_names_no_operation_that_is_not_documented()
    {
        using var gateway = system.Gateway();
        var documented = new HashSet<string>();
        foreach (var service in CarShareSystem.Services)
        {
            using var direct = system.App.CreateHttpClient(service, "http");
            foreach (var node in new[] { await gateway.GetFromJsonAsync<JsonNode>(
                $"/openapi/{service}.json"), await direct.GetFromJsonAsync<JsonNode>("/openapi/internal.json") })
                documented.UnionWith(Operations(node!));
        }

        Assert.All(AccessTable.Public.Concat(AccessTable.Internal), row => Assert.Contains(row.Operation, documented));
    }

    // C25
    [Theory]
    [InlineData("/internal/events/redrive")]
    [InlineData("//internal/events/redrive")]
    [InlineData("/INTERNAL/events/redrive")]
    [InlineData("/%69nternal/events/redrive")]
    [InlineData("/orders/../internal/events/redrive")]
    [InlineData("/orders/%2e%2e/internal/events/redrive")]
    [InlineData("/orders/..%2finternal/events/redrive")]
    [InlineData("/orders/%2e%2e%2finternal%2fevents%2fredrive")]
    [InlineData("/orders//internal/events/redrive")]
    [InlineData("/orders/..;/internal/events/redrive")]
    [InlineData("/orders\\..\\internal\\events\\redrive")]
    [InlineData("http://orders/internal/events/redrive")]
    [InlineData("http://localhost/internal/events/redrive")]
    [InlineData("/health")]
    [InlineData("//health")]
    [InlineData("/Health")]
    [InlineData("/orders/../health")]
    [InlineData("/orders/%2e%2e/health")]
    [InlineData("/orders/..%2fhealth")]
    [InlineData("/stocks/..%2fhealth")]
    [InlineData("/stocks/%2e%2e/alive")]
    [InlineData("http://stocks/health")]
    [InlineData("/alive")]
    [InlineData("/started")]
    [InlineData("/metrics")]
    [InlineData("/stocks/../metrics")]
    [InlineData("/openapi/internal.json")]
    [InlineData("/openapi/v1.json")]
    public async Task What_is_internal_answers_nobody_at_the_gateway_however_it_is_spelt(string target)
    {
        foreach (var method in (string[])["GET", "POST"])
        {
            var answer = await Raw(method, target, await system.Token("operator"));
            var status = int.Parse(answer.Split(' ')[1], CultureInfo.InvariantCulture);
            Assert.True(status is 400 or 404 or 405, $"{method} {target}: {answer}");
        }
    }

    static int Expected(AccessRow row, string who) => who switch
    {
        _ when row.IsPublic => row.Customer,
        "customer" => row.Customer,
        "stranger" => row.Stranger,
        "operator" => row.Operator,
        "service" => row.Service,
        _ => 401,
    };

    async Task<List<(string Who, string? Token)>> TokensOf(string customer)
    {
        using var key = RSA.Create();
        using var other = RSA.Create(2048);
        key.ImportFromPem(await File.ReadAllTextAsync(system.SigningKeyFile));
        var keyId = JsonNode.Parse(
            Convert.FromBase64String(Padded((await system.Token(customer)).Split('.')[0])))!["kid"]!.ToString();
        return
        [
            ("no token", null),
            ("an expired token", Mint(new() { ExpiresIn = TimeSpan.FromMinutes(-5) })),
            ("a token for another audience", Mint(new() { Audience = "account" })),
            ("a token of another key", Mint(new() { Key = other })),
            ("an unsigned token", Mint(new() { Algorithm = "none" })),
            ("a token signed with the public key", Mint(new() { Algorithm = "HS256" })),
            ("stranger", await system.Token("bob")),
            ("service", Mint(
                new() { Subject = "service-account-orders", Roles = [], Scope = "carshare carshare.internal" })),
            ("operator", await system.Token("operator")),
            ("customer", await system.Token(customer)),
        ];

        string Mint(TokenShape shape) =>
            (shape.Subject == "alice" ? shape with { Subject = customer } : shape).Sign(system.Authority, keyId, key);
    }

    static string Padded(string text) =>
        text.Replace('-', '+').Replace('_', '/') + new string('=', (4 - text.Length % 4) % 4);

    static IEnumerable<string> Operations(JsonNode document) =>
        from path in document["paths"]?.AsObject() ?? []
        from operation in path.Value!.AsObject()
        where Methods.Contains(operation.Key)
        select $"{operation.Key.ToUpperInvariant()} {path.Key}";

    /// <summary>
    /// A request line as it is, untouched by any client's ideas of an address; the first line of the answer.
    /// </summary>
    async Task<string> Raw(string method, string target, string token)
    {
        var address = system.App.GetEndpoint("gateway", "http");
        using var socket = new TcpClient();
        await socket.ConnectAsync(address.Host, address.Port);
        await using var stream = socket.GetStream();
        var host = Uri.TryCreate(target, UriKind.Absolute, out var absolute)
            && absolute.Scheme == "http" ? absolute.Authority : address.Authority;
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"{method} {target} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nContent-Length: "
            + $"0\r\nConnection: close\r\n\r\n"));
        using var reader = new StreamReader(stream, Encoding.ASCII);
        return await reader.ReadLineAsync() ?? "";
    }
}
