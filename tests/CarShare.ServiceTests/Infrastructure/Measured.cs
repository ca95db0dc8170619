using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace CarShare.ServiceTests;

static class Measured
{
    /// <summary>For parts made by hand, whose measurements nobody reads.</summary>
    public static IMeterFactory Nowhere { get; } =
        new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
}
