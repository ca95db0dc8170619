using System.Globalization;

namespace CarShare.LoadTests.Running;

/// <summary>Options of the form <c>--name value</c>; ask for all of them, then call <see cref="NoOthers"/>.</summary>
sealed class Options
{
    readonly Dictionary<string, string> _given = [];
    readonly List<string> _known = [];

    public Options(IReadOnlyList<string> arguments)
    {
        for (var i = 0; i < arguments.Count; i += 2)
        {
            if (!arguments[i].StartsWith("--", StringComparison.Ordinal) || i + 1 == arguments.Count)
                throw new CannotRunException($"'{arguments[i]}': options are given as --name value.");
            _given[arguments[i][2..]] = arguments[i + 1];
        }
    }

    public string? Text(string name)
    {
        _known.Add($"--{name}");
        return _given.Remove(name, out var value) ? value : null;
    }

    /// <summary>A number between the bounds, or the default.</summary>
    public T Number<T>(string name, T byDefault, T least, T most)
        where T : IParsable<T>, IComparable<T>
    {
        if (Text(name) is not { } text) return byDefault;
        return T.TryParse(text, CultureInfo.InvariantCulture, out var value) && value.CompareTo(least) >= 0
            && value.CompareTo(most) <= 0
            ? value
            : throw new CannotRunException($"--{name} {text}: a number from {least} to {most}.");
    }

    public int Number(string name, int byDefault) => Number(name, byDefault, 1, 10_000_000);

    public TimeSpan Seconds(string name, int byDefault) => TimeSpan.FromSeconds(Number(name, byDefault, 1, 86_400));

    public void NoOthers()
    {
        if (_given.Count > 0)
            throw new CannotRunException(
                $"there is no option --{_given.Keys.First()}; there are: {string.Join(' ', _known)}");
    }
}
