namespace CarShare.UnitTests.Architecture;

/// <summary>Files that fit on a screen beside another one.</summary>
public sealed class WidthTests
{
    static readonly string[] Code = [.. Sources.Files("*.cs"), .. Sources.Files("*.razor")];

    [Fact]
    public void No_line_is_wider_than_120_columns() =>
        Assert.Empty(Code.SelectMany(file => Sources.Text(file).Split('\n').Index()
            .Where(line => line.Item.Length > 120).Select(line => $"{file}:{line.Index + 1}")));

    [Fact]
    public void No_file_of_production_code_is_longer_than_200_lines() =>
        Assert.Equal([], Code.Where(file => !file.StartsWith("tests/", StringComparison.Ordinal)
            && Sources.Text(file).Count(c => c == '\n') > 200));
}
