using System.Net.Http.Json;
using CarShare.ServiceDefaults;
using Microsoft.Extensions.Options;

namespace CarShare.Notifications.Channels;

/// <summary>
/// An address that is told of every notification, configuration section <c>Webhook</c>; off without a URL.
/// </summary>
public sealed class WebhookOptions
{
    public Uri? Url { get; set; }
}

/// <summary>One POST per notification; <c>Idempotency-Key</c> is its id, the same on every try.</summary>
sealed class WebhookChannel(IHttpClientFactory clients, IOptions<WebhookOptions> options) : INotificationChannel
{
    public string Name => "webhook";

    public async Task Send(Letter letter, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, options.Value.Url)
        {
            Content = JsonContent.Create(new Body(
                letter.NotificationId, letter.OrderId, letter.CustomerId, letter.Kind,
                new(letter.TextKo, letter.TextEn), letter.CreatedAt), options: ApiJson.Options),
        };
        request.Headers.Add("Idempotency-Key", letter.NotificationId.ToString());
        using var client = clients.CreateClient(nameof(WebhookChannel));
        using var response = await client.SendAsync(request, ct);
        response.EnsureSuccessStatusCode();
    }

    sealed record Body(Guid NotificationId, Guid? OrderId, string CustomerId, string Kind, Texts Text,
        DateTimeOffset CreatedAt);

    sealed record Texts(string Ko, string En);
}
