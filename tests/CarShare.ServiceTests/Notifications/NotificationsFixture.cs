using System.Net.Http.Json;
using CarShare.Contracts;
using CarShare.Notifications.Data;
using CarShare.ServiceDefaults;
using CarShare.Tests;

namespace CarShare.ServiceTests.Notifications;

/// <summary>Notifications with a mail server and a webhook of its own, and short waits.</summary>
public sealed class NotificationsFixture(Servers servers, IdentityServer identity)
    : ServiceFixture<NotificationsDb>(servers, identity, "notificationsdb")
{
    public SmtpServer Smtp { get; } = new();

    public WebhookReceiver Webhook { get; } = new();

    protected override IEnumerable<KeyValuePair<string, string>> Settings =>
    [
        new("Smtp:Host", "127.0.0.1"), new("Smtp:Port", $"{Smtp.Port}"), new("Smtp:From", "office@carshare.test"),
        new("Smtp:Domain", "customers.test"),
        new("Webhook:Url", $"{Webhook.Address}/hook"),
        new("Sender:RetryAfter", "00:00:00.050"), new("Sender:Timeout", "00:00:01"), new("Sender:MaxAttempts", "6"),
    ];

    public override async ValueTask InitializeAsync()
    {
        await Webhook.Start();
        await base.InitializeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Smtp.DisposeAsync();
        await Webhook.DisposeAsync();
    }

    public static string Somebody() => $"customer-{Guid.NewGuid():N}";

    public static PaymentApproved Payment(string customer) =>
        new(Guid.CreateVersion7(), customer, DateTimeOffset.UtcNow, Guid.CreateVersion7(), 24_000);

    public async Task<IReadOnlyList<NotificationDto>> Inbox(string customer, string query = "")
    {
        using var http = As(customer);
        return (await http.GetFromJsonAsync<Page<NotificationDto>>(
            $"/notifications?limit=100{query}", ApiJson.Options))!.Items;
    }

    public Task<NotificationDto> Reaches(string customer, string channel, string status) =>
        Eventually.Gets($"{channel} is {status}", async () =>
            (await Inbox(customer)).FirstOrDefault(n => n.Channels.Any(c => c.Name == channel && c.Status == status)));
}
