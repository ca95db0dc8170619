namespace CarShare.UnitTests.Architecture;

public sealed class KernelSizeTests
{
    [Fact]
    public void The_kernel_stays_under_a_thousand_lines_of_code() =>
        Assert.InRange(Sources.Files("*.cs", "services/CarShare.Messaging").Sum(file => Rules.CodeLines(Sources.Text(file))), 1, 999);
}
