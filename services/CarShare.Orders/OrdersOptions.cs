using CarShare.ServiceDefaults;

namespace CarShare.Orders;

/// <summary>Configuration section <c>Orders</c>.</summary>
public sealed class OrdersOptions
{
    /// <summary>An order still Pending after this time was left behind by its process and is cancelled.</summary>
    public TimeSpan PendingTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long an order waits for its payment.</summary>
    public TimeSpan PaymentTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>The length of one rented hour.</summary>
    public TimeSpan HourLength { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How long one attempt at an order may take, whatever its client does.</summary>
    public TimeSpan RequestDeadline { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a repeated request waits for the attempt under way before it makes its own.</summary>
    public TimeSpan RepeatWait { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Orders asks payments again for an order that awaits it: first after this time, then after twice as long each
    /// time.
    /// </summary>
    public TimeSpan FirstPaymentRetry { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest it waits between two tries.</summary>
    public TimeSpan LongestPaymentRetry { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Cars that one customer's orders may hold at most before they are paid: as many as one order may have.
    /// </summary>
    public int MaxUnpaidCars { get; set; } = 20;

    /// <summary>
    /// Declined payments of one customer within <see cref="DeclinesCountFor"/> from which on the next order has to
    /// wait.
    /// </summary>
    public int FreeDeclines { get; set; } = 3;

    /// <summary>How long a declined payment is held against its customer.</summary>
    public TimeSpan DeclinesCountFor { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The wait after the last free decline; twice as long after each one more.</summary>
    public TimeSpan FirstPause { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait.</summary>
    public TimeSpan LongestPause { get; set; } = TimeSpan.FromMinutes(1);

    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Orders and payments worked on at once by this process.</summary>
    public int MaxConcurrent { get; set; } = 32;

    /// <summary>
    /// Requests that may wait for their turn. It is the time that sends most away; this only bounds their memory.
    /// </summary>
    public int MaxWaiting { get; set; } = 500;

    /// <summary>How long they wait at most.</summary>
    public TimeSpan MaxWait { get; set; } = TimeSpan.FromSeconds(0.9);

    internal Bulkhead Intake() => new(MaxConcurrent, MaxWaiting, MaxWait);

    internal bool IsValid => MaxConcurrent > 0 && MaxWaiting >= 0 && MaxUnpaidCars > 0 && FreeDeclines > 0
        && Times.All(time => time > TimeSpan.Zero);

    IEnumerable<TimeSpan> Times =>
    [
        PendingTimeout, PaymentTimeout, HourLength, RequestDeadline, RepeatWait, SweepInterval, MaxWait,
        FirstPaymentRetry, LongestPaymentRetry,
        DeclinesCountFor, FirstPause, LongestPause,
    ];
}
