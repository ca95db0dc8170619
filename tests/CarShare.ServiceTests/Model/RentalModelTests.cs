using System.Diagnostics;
using System.Globalization;
using CsCheck;

namespace CarShare.ServiceTests.Model;

/// <summary>
/// Sequences that nobody thought of, with faults between and within their steps, made at real services and compared
/// with a small model. A failure names the seed, which <c>CsCheck_Seed</c> takes, and the shortest sequence found;
/// <c>CARSHARE_MODEL_SEQUENCES</c> makes more of them.
/// </summary>
public sealed class RentalModelTests(ThreeServices system) : IClassFixture<ThreeServices>
{
    static readonly TimeSpan s_shrinking = TimeSpan.FromMinutes(2);

    static int Sequences =>
        int.TryParse(Environment.GetEnvironmentVariable("CARSHARE_MODEL_SEQUENCES"), CultureInfo.InvariantCulture,
            out var sequences) ? sequences : 20;

    // C15 C17 C29 N12
    [Fact]
    public Task Whatever_happens_money_is_taken_for_exactly_the_cars_that_are_rented() =>
        Step.Sequences.SampleAsync(Holds, iter: Sequences, threads: 1, print: Print);

    async Task Holds(Step[] steps)
    {
        var start = Stopwatch.GetTimestamp();
        if (await Failure(steps) is not { } failure)
        {
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"{steps.Length} steps in {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s: {Print(steps)}");
            return;
        }

        start = Stopwatch.GetTimestamp();
        for (var i = steps.Length - 1; i >= 0 && Stopwatch.GetElapsedTime(start) < s_shrinking; i--)
        {
            Step[] less = [.. steps[..i], .. steps[(i + 1)..]];
            if (await Failure(less) is { } again) (steps, failure) = (less, again);
        }

        throw new InvalidOperationException($"Without what is not needed:\n{Print(steps)}\n{failure.Message}", failure);
    }

    async Task<Exception?> Failure(Step[] steps)
    {
        try
        {
            await new Play(system).Run(steps);
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }

    static string Print(Step[] steps) => string.Join(", ", steps.AsEnumerable());
}
