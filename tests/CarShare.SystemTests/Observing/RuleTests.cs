using CarShare.Tests;

namespace CarShare.SystemTests.Observing;

/// <summary>The rules by Prometheus' own tool: their cases with the real spans of time.</summary>
public sealed class RuleTests
{
    [Theory]
    [InlineData("check", "rules", "alerts.yaml")]
    [InlineData("test", "rules", "alerts.test.yaml")]
    public async Task Promtool_finds_the_rules_good(params string[] command)
    {
        Assert.SkipUnless(
            PrometheusServer.IsInstalled, "Prometheus is not installed (Debian: apt-get install prometheus).");
        var file = Path.Combine(ChildProcess.RepositoryRoot, "deploy/prometheus", command[^1]);
        await using var promtool = ChildProcess.Start("promtool", [.. command[..^1], file]);
        Assert.True(await promtool.Ends() == 0, promtool.Output);
    }
}
