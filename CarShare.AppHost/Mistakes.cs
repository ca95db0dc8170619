using System.Reflection;

namespace CarShare.AppHost;

static class Mistakes
{
    /// <summary>
    /// What whoever starts the AppHost can put right is told in one line, and the exit code is 1. A defect shows its
    /// stack. Whoever else has loaded the AppHost, such as a test, gets the exception.
    /// </summary>
    public static void AreToldInOneLine()
    {
        if (Assembly.GetEntryAssembly() == typeof(Mistakes).Assembly)
            AppDomain.CurrentDomain.UnhandledException += Tell;
    }

    static void Tell(object sender, UnhandledExceptionEventArgs thrown)
    {
        if (thrown.ExceptionObject is not Exception mistake
            || mistake is not (DistributedApplicationException or IOException or UnauthorizedAccessException))
            return;
        Console.Error.WriteLine($"carshare: {mistake.Message.ReplaceLineEndings(" ")}");
        Environment.Exit(1);
    }
}
