using CarShare.Tests.Contracts;

namespace CarShare.UnitTests.Contracts;

public sealed class SnapshotTests : IDisposable
{
    readonly string _path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.json");

    [Fact]
    public void Nothing_holds_before_something_was_accepted()
    {
        Assert.ThrowsAny<Exception>(() => Snapshot.Holds(_path, Of("a"), accepting: false));
        Assert.False(File.Exists(_path));
    }

    [Fact]
    public void An_addition_passes_and_is_protected_once_it_is_accepted()
    {
        Snapshot.Holds(_path, Of("a"), accepting: true);
        Snapshot.Holds(_path, Of("a", "b"), accepting: false);
        Snapshot.Holds(_path, Of("a"), accepting: false);

        Snapshot.Holds(_path, Of("a", "b"), accepting: true);
        Assert.Contains("'b' (string) is gone", Assert.ThrowsAny<Exception>(() =>
            Snapshot.Holds(_path, Of("a"), accepting: false)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Accepting_refuses_a_removal_and_leaves_the_file_as_it_was()
    {
        Snapshot.Holds(_path, Of("a", "b"), accepting: true);
        var before = File.ReadAllText(_path);
        Assert.ThrowsAny<Exception>(() => Snapshot.Holds(_path, Of("a", "c"), accepting: true));
        Assert.Equal(before, File.ReadAllText(_path));
    }

    public void Dispose() => File.Delete(_path);

    static Contract Of(params string[] names)
    {
        var contract = new Contract();
        foreach (var name in names) contract.Promises[name] = "string";
        return contract;
    }
}
