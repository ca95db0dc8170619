using System.Buffers.Text;
using System.Net;
using System.Text;
using CarShare.Payments.Data;
using CarShare.ServiceTests.Contracts;
using CarShare.Tests;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;

namespace CarShare.ServiceTests.Identity;

/// <summary>Tokens nobody would issue, made by the hundred: each is 401, none a fault of ours.</summary>
public sealed class BrokenTokenTests(IdentityServer identity)
{
    static readonly string[] Parts =
        ["", "null", "true", "[]", "{}", "\"text\"", "1e999", "{\"kid\":null}", "{\"kid\":1,\"alg\":\"RS256\"}",
            "{\"alg\":\"RS256\",\"kid\":{\"a\":[]}}", "{\"alg\":[\"RS256\"]}",
             "{\"kid\":\"KID\",\"alg\":null}", "{\"kid\":\"KID\",\"alg\":7}",
             "{\"kid\":\"KID\",\"alg\":\"RS256\",\"alg\":\"none\"}", "{\"kid\":\"KID\",\"alg\":\"RS256\",\"typ\":[]}",
             "{\"kid\":\"KID\",\"alg\":\"RS256\",\"x5c\":{}}", "{\"kid\":\"KID\",\"alg\":\"RS256\",\"zip\":\"DEF\"}",
             "{\"kid\":\"\\ud800\",\"alg\":\"RS256\"}", "\uFEFF{}", "{\"kid\":\"KID\"", "\u0000"];

    static readonly string[] Claims =
        ["", "null", "[]", "7", "{}", "{\"exp\":\"soon\"}", "{\"exp\":1e400}", "{\"exp\":-1}", "{\"exp\":[]}",
            "{\"exp\":99999999999999999999}", "{\"sub\":{}}", "{\"aud\":{\"a\":1}}", "{\"nbf\":{}}"];

    [Fact]
    public async Task Every_shape_of_broken_token_is_unauthorized_wherever_it_is_broken()
    {
        await using var service = Service();
        using var http = service.CreateClient();
        var good = identity.Mint();
        var keyId = Jwt.Parse(good).Header["kid"]!.ToString();
        var (header, claims, signature) = (good.Split('.')[0], good.Split('.')[1], good.Split('.')[2]);
        List<string> tokens =
        [
            "", ".", "..", "...", "....", " ", "a.b.c", "%%%.%%%.%%%", "=.=.=", $"{good}.", $".{good}", good[1..],
            good[..^1], good + "A", good.Replace('.', ','), good.ToUpperInvariant(),
            $"{header}..{signature}", $"{header}.{claims}.", $".{claims}.{signature}", $"{header}.{claims}",
            $"{header}.{claims}.{signature}.x.y", $"{header}=.{claims}.{signature}", $"Bearer {good}",
            $"{good}, {good}", $"\"{good}\"", new string('.', 500), new string('a', 8_000) + ".b.c",
            .. Parts.Select(
                part => $"{Encode(part.Replace("KID", keyId, StringComparison.Ordinal))}.{claims}.{signature}"),
            .. Claims.Select(part => $"{header}.{Encode(part)}.{signature}"),
            .. Claims.Select(part => Signed(part)),
            .. Enumerable.Range(0, 200).Select(seed => Torn(good, new Random(seed))),
        ];
        foreach (var token in tokens)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/deposits");
            Assert.True(request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}"));
            using var answer = await http.SendAsync(request);
            Assert.True(answer.StatusCode == HttpStatusCode.Unauthorized, $"{answer.StatusCode} for {token}");
            Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        }

        string Signed(string part)
        {
            var content = $"{header}.{Encode(part)}";
            return identity.Resign(content);
        }
    }

    [Theory]
    [InlineData("""["b64"]""")]
    [InlineData("""["exp"]""")]
    [InlineData("[]")]
    [InlineData("null")]
    public async Task A_token_that_asks_for_an_extension_nobody_here_knows_is_refused_however_well_it_is_signed(
        string critical)
    {
        await using var service = Service();
        using var http = service.CreateClient();
        var jwt = Jwt.Parse(identity.Mint());
        jwt.Header["b64"] = false;
        jwt.Header["crit"] = System.Text.Json.Nodes.JsonNode.Parse(critical);
        http.DefaultRequestHeaders.Authorization = new(
            "Bearer", identity.Resign($"{Encode(jwt.Header.ToJsonString())}.{Encode(jwt.Claims.ToJsonString())}"));
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync("/deposits")).StatusCode);
    }

    WebApplicationFactory<PaymentsDb> Service() =>
        BareHost.Of<PaymentsDb>("payments")
            .WithWebHostBuilder(web => web.UseSetting("Authentication:Authority", identity.Authority));

    /// <summary>One character of it another one.</summary>
    static string Torn(string token, Random random)
    {
        var letters = token.ToCharArray();
        var at = random.Next(letters.Length - 4);   // the last ones carry bits that mean nothing
        letters[at] = letters[at] == 'Q' ? '_' : 'Q';
        return new(letters);
    }

    static string Encode(string part) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(part));
}
