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

    public static TheoryData<string> Images => [.. Names];

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
