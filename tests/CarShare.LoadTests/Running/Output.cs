using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace CarShare.LoadTests.Running;

/// <summary>Progress and messages go to standard error; standard output carries the result.</summary>
static class Output
{
    static readonly JsonSerializerOptions Json = new(
        JsonSerializerDefaults.Web)
    { WriteIndented = true, Converters = { new JsonStringEnumConverter() } };

    public static IAnsiConsole Notes { get; } =
        AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(Console.Error) });

    public static void Say(string text) =>
        Notes.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[grey]{DateTime.Now:HH:mm:ss}[/] {text}");

    /// <summary>Shows a bar while the work runs; the work tells how far it has come.</summary>
    public static Task<T> WithProgress<T>(string title, double total, Func<ProgressTask, Task<T>> work) =>
        Notes.Progress()
            .AutoClear(false).Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(),
                new ElapsedTimeColumn())
            .StartAsync(context => work(context.AddTask(Markup.Escape(title), maxValue: total)));

    /// <summary>Writes the result to the file of <c>--json</c>; nothing without one.</summary>
    public static async Task Write(string? file, object result, CancellationToken ct)
    {
        if (file is null) return;
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(result, Json) + "\n", ct);
    }
}
