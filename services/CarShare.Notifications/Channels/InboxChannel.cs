namespace CarShare.Notifications.Channels;

/// <summary>The list the customer reads in CarShare itself.</summary>
sealed class InboxChannel : INotificationChannel
{
    public string Name => "inbox";

    public bool ArrivesByStoring => true;

    public Task Send(Letter letter, CancellationToken ct) => Task.CompletedTask;
}
