using System.Text.RegularExpressions;

namespace CarShare.UnitTests.Architecture;

public sealed partial class DependencyTests
{
    static readonly string[] Allowed = ["MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "PostgreSQL"];

    [Fact]
    public void Every_package_is_listed_with_a_licence_that_is_allowed()
    {
        var used = Package().Matches(Sources.Text("Directory.Packages.props"))
            .Select(match => match.Groups["name"].Value)
            .Distinct().Order();
        var listed = Row().Matches(Sources.Text("docs/dependencies.md")).Skip(1)
            .ToDictionary(row => row.Groups["name"].Value, row => row.Groups["licence"].Value);
        Assert.Equal(used, listed.Keys.Order());
        Assert.All(listed.Values, licence => Assert.Contains(licence, Allowed));
    }

    [GeneratedRegex("<(?:PackageVersion|GlobalPackageReference) Include=\"(?<name>[^\"]+)\"")]
    private static partial Regex Package();

    [GeneratedRegex(@"^\| (?<name>[\w.]+) \| (?<licence>[\w.-]+) \|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
