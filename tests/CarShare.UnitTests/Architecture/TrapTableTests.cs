using System.Text.RegularExpressions;

namespace CarShare.UnitTests.Architecture;

/// <summary>
/// The table of traps in tests/README.md tells the truth: every trap is in it, and every test it names exists and says
/// which trap it is for.
/// </summary>
public sealed partial class TrapTableTests
{
    static readonly string[] Traps =
        [.. Enumerable.Range(1, 43).Select(n => $"C{n}"), .. Enumerable.Range(1, 14).Select(n => $"D{n}")];

    [Fact]
    public void Every_trap_is_in_the_table_and_every_test_named_there_exists() =>
        Assert.Empty(Wrong(Sources.Text("tests/README.md")));

    [Fact]
    public void Every_requirement_is_in_the_table_of_the_domain_and_every_test_named_there_is_run()
    {
        var table = Requirement().Matches(Sources.Text("docs/domain.md"))
            .ToDictionary(row => row.Groups["id"].Value, row => row.Groups["text"].Value);
        string[] wanted =
        [
            .. Enumerable.Range(1, 17).Select(n => $"F{n}"), .. Enumerable.Range(1, 9).Select(n => $"N{n}"),
            .. "abcde".Select(part => $"N10{part}"), "N11", "N12",
        ];
        Assert.Equal(wanted.Order(StringComparer.Ordinal), table.Keys.Order(StringComparer.Ordinal));
        foreach (var (id, text) in table)
        {
            var tests = Test().Matches(text);
            Assert.True(tests.Count > 0, $"{id} names no test");
            Assert.All(tests, test => Assert.True(IsRun(test), $"{id}: {test.Value} is not there or not run"));
        }

        static bool IsRun(Match test)
        {
            var source = Read($"tests/CarShare.{test.Groups["file"].Value}.cs") ?? "";
            var method = Regex.Match(
                source, $@"public (?:static )?(?:async )?(?:Task|void) {test.Groups["name"].Value}\(");
            return method.Success && Regex.IsMatch(source[..method.Index].Split("\n\n")[^1], @"\[(Fact|Theory)[\],]");
        }
    }

    static List<string> Wrong(string readme)
    {
        var rows = Row().Matches(readme).ToLookup(row => row.Groups["id"].Value, row => row.Groups["text"].Value);
        var wrong = Traps.Where(id => rows[id].Count() != 1)
            .Select(id => $"{id} is {(rows[id].Any() ? "twice" : "not")} in the table").ToList();
        foreach (var (id, text) in Traps.SelectMany(id => rows[id].Select(text => (id, text))))
        {
            var tests = Test().Matches(text);
            if (tests.Count == 0 && !text.Contains("Cannot exist: ", StringComparison.Ordinal))
                wrong.Add($"{id} names no test and gives no reason");
            wrong.AddRange(tests.Select(test => Wrong(id, test)).OfType<string>());
        }

        return wrong;
    }

    static string? Wrong(string id, Match test)
    {
        var name = test.Groups["name"].Value;
        var source = Read($"tests/CarShare.{test.Groups["file"].Value}.cs") ?? "";
        var method = Regex.Match(source, $@"public (?:static )?(?:async )?(?:Task|void) {name}\(");
        if (!method.Success) return $"{id}: {test.Value.Trim('`')} does not exist";

        // A test's attributes and its comment stand above it without a blank line.
        var head = source[..method.Index].Split("\n\n")[^1];
        if (!Regex.IsMatch(head, @"\[(Fact|Theory)[\],]")) return $"{id}: {test.Value.Trim('`')} is not run";
        return Regex.IsMatch(head, $@"//.*\b{id}\b") ? null : $"{id}: {test.Value.Trim('`')} does not say so";
    }

    static string? Read(string file) =>
        File.Exists(Path.Combine(Tests.ChildProcess.RepositoryRoot, file)) ? Sources.Text(file) : null;

    [GeneratedRegex(@"^\| (?<id>[CD]\d+) \|(?<text>.*)\|\s*$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"^\| (?<id>[FN]\d+[a-h]?) \|(?<text>.*)\|\s*$", RegexOptions.Multiline)]
    private static partial Regex Requirement();

    [GeneratedRegex(@"`(?<file>\w+Tests/[\w/]+)\.(?<name>\w+)`")]
    private static partial Regex Test();
}
