using System.Globalization;

namespace CarShare.Web.Operator;

/// <summary>A model and its cars as an operator writes them down.</summary>
class FleetForm
{
    const int MostText = 200, MostPlates = 100;

    public string? ModelName { get; set; }

    public string? HourlyRate { get; set; }

    public string? Location { get; set; }

    /// <summary>One in each line, or separated by commas.</summary>
    public string? Plates { get; set; }

    public decimal? Rate =>
        decimal.TryParse(HourlyRate?.Replace(",", "", StringComparison.Ordinal), NumberStyles.None,
            CultureInfo.InvariantCulture, out var rate) ? rate : null;

    public IReadOnlyList<string> AllPlates =>
        (Plates ?? "").Split(['\n', '\r', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    public Dictionary<string, string> Errors(bool isNew)
    {
        var errors = new Dictionary<string, string>();
        Check("model", ModelName);
        if (Rate is null or < 1 or > 100_000_000) errors["rate"] = "account.amount.wrong";
        if (!isNew) return errors;
        Check("place", Location);
        CheckPlates(errors);
        return errors;

        void Check(string field, string? text)
        {
            if (string.IsNullOrWhiteSpace(text)) errors[field] = "needed";
            else if (text.Trim().Length > MostText) errors[field] = "text.too-long";
        }
    }

    public Dictionary<string, string> PlateErrors()
    {
        var errors = new Dictionary<string, string>();
        if (string.IsNullOrWhiteSpace(Location)) errors["place"] = "needed";
        CheckPlates(errors);
        return errors;
    }

    void CheckPlates(Dictionary<string, string> errors)
    {
        if (AllPlates.Count is 0 or > MostPlates) errors["plates"] = "fleet.plates.wrong";
    }
}
