namespace CarShare.UnitTests.Architecture;

public sealed class KernelSizeTests
{
    [Fact]
    public void The_kernel_does_not_grow() =>
        Assert.InRange(Sources.Files("*.cs", "services/CarShare.Messaging")
            .Sum(file => Rules.CodeLines(Sources.Text(file))), 1, 2_060);
}
