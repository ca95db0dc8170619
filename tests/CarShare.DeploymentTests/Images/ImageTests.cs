using System.Text.Json.Nodes;
using CarShare.DeploymentTests.Infrastructure;

namespace CarShare.DeploymentTests.Images;

/// <summary>The images that deploy/images/build.sh wrote to <c>CARSHARE_IMAGES</c>, each of them started.</summary>
public sealed class ImageTests
{
    static readonly string[] Names =
    [
        "carshare-orders", "carshare-stocks", "carshare-payments", "carshare-deliveries", "carshare-notifications",
        "carshare-customerpages", "carshare-web", "carshare-gateway", "carshare-migrations",
    ];

    static readonly HttpClient Http = new();

    public static TheoryData<string> Images => [.. Names];

    public static TheoryData<string> Services => [.. Names.Where(name => name != "carshare-migrations")];

    [Theory]
    [MemberData(nameof(Images))]
    public async Task An_image_runs_as_a_numeric_user_that_is_not_root_and_says_what_it_is(string name)
    {
        var config = (await Inspect(name))["Config"]!;
        Assert.True(int.Parse((string)config["User"]!, null) > 0);
        var labels = config["Labels"]!.AsObject();
        Assert.Contains("org.opencontainers.image.base.digest", labels);
        Assert.Contains("org.opencontainers.image.version", labels);
    }

    [Theory]
    [MemberData(nameof(Images))]
    public async Task A_container_without_its_settings_says_which_is_missing_and_ends(string name)
    {
        var image = await Load(name);
        // nothing can be written but below /tmp, and no capability is left
        string[] confined = ["--network=none", "--read-only", "--tmpfs=/tmp:size=64m", "--cap-drop=ALL"];
        var said = await Tool.Run("podman", ["run", "--rm", .. confined, image]);
        Assert.NotEqual(0, said.Code);
        Assert.Matches("is missing|must be the issuer", said.All);
        Assert.DoesNotContain("Read-only file system", said.All, StringComparison.Ordinal);
    }

    // docs/probes.md: the store and the identity provider's keys are away, where there is a schema that too
    [Theory]
    [MemberData(nameof(Services))]
    public async Task A_container_whose_servers_are_away_is_alive_and_takes_no_requests(string name)
    {
        var image = await Load(name);
        var port = name == "carshare-gateway" ? 8081 : 8080;
        var settings = Settings(name["carshare-".Length..]).SelectMany(pair => (string[])["--env", pair]);
        string[] confined = ["--read-only", "--tmpfs=/tmp:size=64m", "--cap-drop=ALL", $"--publish=127.0.0.1::{port}"];
        var container = (await Tool.Output("podman", ["run", "--detach", .. confined, .. settings, image])).Trim();
        try
        {
            var address = (await Tool.Output("podman", ["port", container, $"{port}"])).Trim();
            var hasSchema = name is not ("carshare-gateway" or "carshare-web");
            var expected = $"/alive 200, /health 503, /started {(hasSchema ? 503 : 200)}";
            await Eventually.Holds(expected, async () => await Probes(address) == expected);
            await Eventually.StaysTrue(
                expected, async () => await Probes(address) == expected, TimeSpan.FromSeconds(2));
        }
        finally
        {
            await Tool.Run("podman", ["rm", "--force", "--time=0", container]);
        }
    }

    static async Task<string> Probes(string address)
    {
        var seen = new List<string>();
        foreach (var probe in (string[])["/alive", "/health", "/started"])
        {
            using var answer = await Http.GetAsync(new Uri($"http://{address}{probe}"));
            seen.Add($"{probe} {(int)answer.StatusCode}");
        }

        return string.Join(", ", seen);
    }

    /// <summary>Names that nobody has: what is asked for is complete, and nothing of it is there.</summary>
    static IEnumerable<string> Settings(string service)
    {
        const string Nobody = "nobody.invalid";
        yield return "ASPNETCORE_HTTP_PORTS=8080";
        yield return $"Authentication__Authority=https://{Nobody}/realms/carshare";
        yield return $"Authentication__ClientId={service}";
        yield return "Authentication__ClientSecret=none";
        yield return $"ConnectionStrings__kafka={Nobody}:9092";
        yield return $"ConnectionStrings__{service}db=Host={Nobody};Database={service}db;Username=none;Password=none";
        yield return $"ConnectionStrings__redis={Nobody}:6379";
        yield return "Web__SessionKey=0123456789abcdef0123456789abcdef";
        if (service == "gateway") yield return "MANAGEMENT_PORT=8081";
        foreach (var name in Names.Select(image => image["carshare-".Length..]))
            yield return $"services__{name}__http__0=http://{Nobody}:8080";
    }

    static async Task<JsonNode> Inspect(string name) =>
        JsonNode.Parse(await Tool.Output("podman", ["inspect", "--type=image", await Load(name)]))![0]!;

    static async Task<string> Load(string name)
    {
        var folder = Environment.GetEnvironmentVariable("CARSHARE_IMAGES");
        var archive = Path.Combine(folder ?? "", "dev", $"{name}.tar");
        var isHere = Tool.OnPath("podman") is not null && File.Exists(archive);
        Assert.SkipUnless(isHere, "No images: deploy/images/build.sh makes them.");
        var loaded = await Tool.Output("podman", ["load", "--quiet", "--input", archive]);
        return loaded[(loaded.LastIndexOf(' ') + 1)..].Trim();
    }
}
