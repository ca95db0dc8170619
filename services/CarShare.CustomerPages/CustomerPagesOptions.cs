namespace CarShare.CustomerPages;

/// <summary>Configuration section <c>CustomerPages</c>.</summary>
public sealed class CustomerPagesOptions
{
    /// <summary>A stream without news says this often that it lives, and looks whether it missed something.</summary>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// A stream whose reader has more changed pages than this waiting is ended; the client connects again and gets a
    /// snapshot.
    /// </summary>
    public int MostWaitingChanges { get; set; } = 1_000;

    /// <summary>
    /// The page of a rental that is over is moved to the archive when nothing was told of it for so long.
    /// </summary>
    public TimeSpan ArchiveAfter { get; set; } = TimeSpan.FromDays(30);
}
