using System.Text.RegularExpressions;

namespace CarShare.UnitTests.Architecture;

/// <summary>Whoever is woken finds what to do.</summary>
public sealed partial class RunbookTests
{
    static readonly string[] Alerts =
        [.. AlertName().Matches(Sources.Text("deploy/prometheus/alerts.yaml")).Select(m => m.Groups[1].Value)];

    [Fact]
    public void Every_alert_has_an_entry_and_every_entry_an_alert() =>
        Assert.Equal(
            Alerts.Order(), Heading().Matches(Sources.Text("docs/runbook.md")).Select(m => m.Groups[1].Value).Order());

    [Fact]
    public void Every_entry_says_what_it_means_where_to_look_and_what_to_do() =>
        Assert.All(Sources.Text("docs/runbook.md").Split("\n## ")[1..], entry =>
            Assert.All((string[])["**Means**:", "**Look at**:", "**Do**:"], part =>
                Assert.Contains(part, entry, StringComparison.Ordinal)));

    [Fact]
    public void Every_alert_leads_to_its_entry() =>
        Assert.Equal(
            Alerts.Select(alert => $"docs/runbook.md#{alert.ToLowerInvariant()}"),
            Link().Matches(Sources.Text("deploy/prometheus/alerts.yaml")).Select(m => m.Groups[1].Value));

    [Fact]
    public void Every_alert_has_a_case_in_which_it_fires() =>
        Assert.Equal(
            Alerts.Order(),
            Fires().Matches(Sources.Text("deploy/prometheus/alerts.test.yaml"))
                .Select(m => m.Groups[1].Value).Distinct().Order());

    [Fact]
    public void Alerts_named_in_documents_exist() =>
        Assert.All((string[])["docs/slo.md", "docs/runbook.md", "docs/probes.md"], file => Assert.Empty(
            Mention().Matches(Sources.Text(file)).Select(m => m.Value).Except(Alerts).Except(["CarShare"])));

    [GeneratedRegex(@"- alert: (\w+)")]
    private static partial Regex AlertName();

    [GeneratedRegex(@"^## (\w+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"runbook: (\S+)")]
    private static partial Regex Link();

    [GeneratedRegex(@"alertname: (\w+)\s+exp_alerts:\s+- exp_labels")]
    private static partial Regex Fires();

    [GeneratedRegex(@"\bCarShare[A-Z]\w+\b")]
    private static partial Regex Mention();
}
