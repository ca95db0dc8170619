namespace CarShare.LoadTests.Bench;

/// <summary>One question the bench answers.</summary>
interface IPart
{
    string Name { get; }

    Task Measure(Workbench bench, CancellationToken ct);
}
