namespace CarShare.Gateway;

/// <summary>
/// What one caller may ask for, and the gateway as a whole; configuration section <c>Limits</c>, such as
/// <c>Limits__Customer__PerSecond</c>.
/// </summary>
sealed class LimitsOptions
{
    /// <summary>A person with a web page open, and some scripts.</summary>
    public CallerLimits Customer { get; set; } = new() { PerSecond = 50, Burst = 100, AtOnce = 100, Streams = 10 };

    /// <summary>The company's staff, whose programs set up whole fleets.</summary>
    public CallerLimits Operator { get; set; } =
        new() { PerSecond = 5_000, Burst = 10_000, AtOnce = 500, Streams = 100 };

    /// <summary>Everybody without a good token at one address, which may stand for a whole office.</summary>
    public CallerLimits Address { get; set; } = new() { PerSecond = 200, Burst = 400, AtOnce = 100, Streams = 100 };

    /// <summary>Requests of everybody together that are handled at the same time; streams are not among them.</summary>
    public int AtOnce { get; set; } = 1_000;

    /// <summary>How many more may wait for their turn.</summary>
    public int Waiting { get; set; } = 100;

    /// <summary>Open connections, streams among them, at each endpoint.</summary>
    public int Connections { get; set; } = 10_000;

    /// <summary>How long a client may take to send the headers of a request.</summary>
    public TimeSpan HeadersTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The slowest a body may arrive, in bytes per second, after <see cref="BodyGrace"/>.</summary>
    public int BodyBytesPerSecond { get; set; } = 1_024;

    /// <summary>How long a body may be slower than that at its beginning; more than a second.</summary>
    public TimeSpan BodyGrace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a connection may stand idle between two requests. Longer than clients and balancers keep theirs, so
    /// that it is they who close.
    /// </summary>
    public TimeSpan KeepAlive { get; set; } = TimeSpan.FromMinutes(2);

    internal bool AreValid =>
        Customer.AreValid && Operator.AreValid && Address.AreValid && AtOnce > 0 && Waiting >= 0 && Connections > 0
            && BodyBytesPerSecond > 0
        && HeadersTimeout > TimeSpan.Zero && BodyGrace > TimeSpan.FromSeconds(1) && KeepAlive > TimeSpan.Zero;
}

/// <summary>The limits of one caller.</summary>
sealed class CallerLimits
{
    /// <summary>Requests per second that go on for ever.</summary>
    public int PerSecond { get; set; }

    /// <summary>Requests in a row after a pause.</summary>
    public int Burst { get; set; }

    /// <summary>Requests under way at the same time.</summary>
    public int AtOnce { get; set; }

    /// <summary>Open streams of events.</summary>
    public int Streams { get; set; }

    internal bool AreValid => PerSecond > 0 && Burst >= PerSecond && AtOnce > 0 && Streams > 0;
}
