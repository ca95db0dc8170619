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
}
