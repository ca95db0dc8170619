using System.Globalization;
using CarShare.LoadTests.Running;

namespace CarShare.LoadTests.Load;

/// <summary>
/// Which share of the requests does what, such as <c>place=20,cancel=10,page=40,order=20,stocks=10</c>.
/// </summary>
sealed class Mix
{
    public const string Place = "place", Cancel = "cancel", Page = "page", Pages = "pages", Order = "order",
        Stocks = "stocks";
    public const string Default = "place=20,cancel=18,page=32,order=20,stocks=10";

    readonly List<(string Operation, double UpTo)> _shares = [];

    Mix(IReadOnlyList<(string Operation, double Weight)> weights)
    {
        var (total, sum) = (weights.Sum(w => w.Weight), 0.0);
        foreach (var (operation, weight) in weights) _shares.Add((operation, sum += weight / total));
    }

    /// <summary>Cars that are taken and not given back, per request.</summary>
    public double Taken => Math.Max(0, Share(Place) - Share(Cancel));

    public string Draw(Random random)
    {
        var drawn = random.NextDouble();
        foreach (var (operation, upTo) in _shares)
        {
            if (drawn < upTo) return operation;
        }

        return _shares[^1].Operation;
    }

    public double Share(string operation)
    {
        var below = 0.0;
        foreach (var (name, upTo) in _shares)
        {
            if (name == operation) return upTo - below;
            below = upTo;
        }

        return 0;
    }

    public static Mix Parse(string text)
    {
        var weights = new List<(string, double)>();
        foreach (var part in text.Split(','))
        {
            if (part.Split('=') is not [Place or Cancel or Page or Pages or Order or Stocks, var number]
                || !double.TryParse(number, CultureInfo.InvariantCulture, out var weight) || !(weight > 0))
                throw new CannotRunException($"--mix {text}: a list such as {Default}; also {Pages}.");
            weights.Add((part[..part.IndexOf('=')], weight));
        }

        return new(weights);
    }
}
