namespace CarShare.LoadTests.Running;

/// <summary>One thing this program does.</summary>
interface ICommand
{
    string Name { get; }

    /// <summary>The options it takes, in one line.</summary>
    string Usage { get; }

    /// <summary>Answers one of <see cref="ExitCode"/>.</summary>
    Task<int> Run(Options options, CancellationToken ct);
}

static class ExitCode
{
    public const int Good = 0, Bad = 1, CouldNotRun = 2;

    public static int Of(bool good) => good ? Good : Bad;
}

/// <summary>There is no result, for a reason said in one sentence.</summary>
sealed class CannotRunException(string message) : Exception(message);
