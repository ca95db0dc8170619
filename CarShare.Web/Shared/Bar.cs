namespace CarShare.Web.Shared;

/// <summary>One bar of a chart: what went well, what waits and what was lost, on top of each other.</summary>
public sealed record Bar(string Name, int Good, int Waiting, int Lost)
{
    public int Total => Good + Waiting + Lost;
}
