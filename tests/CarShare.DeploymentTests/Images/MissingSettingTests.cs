using CarShare.DeploymentTests.Infrastructure;

namespace CarShare.DeploymentTests.Images;

/// <summary>
/// What <see cref="ImageTests"/> asks of a container, of the program in it, where there is nothing to run containers
/// with.
/// </summary>
public sealed class MissingSettingTests
{
    [Theory]
    [InlineData("CarShare.Gateway")]
    [InlineData("CarShare.Web")]
    [InlineData("services/CarShare.Orders")]
    [InlineData("services/CarShare.Stocks")]
    [InlineData("services/CarShare.Payments")]
    [InlineData("services/CarShare.Deliveries")]
    [InlineData("services/CarShare.Notifications")]
    [InlineData("services/CarShare.CustomerPages")]
    [InlineData("services/CarShare.Migrations")]
    public async Task A_program_without_its_settings_says_which_is_missing_and_ends(string project)
    {
        var folder = Path.Combine(Tool.Root, project, "bin", ChildProcess.Configuration, "net10.0");

        var said = await Tool.Run("dotnet", [Path.Combine(folder, $"{Path.GetFileName(project)}.dll")], folder);

        Assert.NotEqual(0, said.Code);
        Assert.Matches("is missing|must be the issuer", said.All);
    }
}
