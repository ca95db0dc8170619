using Spectre.Console;

namespace CarShare.LoadTests.Load;

static class Tables
{
    const int Width = 170;

    /// <summary>A file has room for lines as long as they are.</summary>
    public static void Print(Table table)
    {
        if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = Width;
        AnsiConsole.Write(table);
    }
}
