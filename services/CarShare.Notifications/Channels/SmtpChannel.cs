using System.ComponentModel.DataAnnotations;
using System.Net.Mail;
using MailKit.Security;
using Microsoft.Extensions.Options;
using MimeKit;
using SmtpClient = MailKit.Net.Smtp.SmtpClient;

namespace CarShare.Notifications.Channels;

/// <summary>Mail, configuration section <c>Smtp</c>; off without a host.</summary>
public sealed class SmtpOptions
{
    public string? Host { get; set; }

    [Range(1, 65535)]
    public int Port { get; set; } = 25;

    [EmailAddress]
    public string From { get; set; } = "carshare@localhost";

    /// <summary>
    /// Where customers who gave no address, and whose id is none, have theirs: <c>{customerId}@{Domain}</c>.
    /// </summary>
    [Required]
    public string Domain { get; set; } = "localhost";

    public bool StartTls { get; set; }

    public string? UserName { get; set; }

    public string? Password { get; set; }
}

/// <summary>
/// One mail per notification in both languages, with a Message-ID that stays the same when it is sent again.
/// </summary>
sealed class SmtpChannel(IOptions<SmtpOptions> options) : INotificationChannel
{
    const int LongestSubject = 100;

    public string Name => "smtp";

    public async Task Send(Letter letter, CancellationToken ct)
    {
        var smtp = options.Value;
        using var mail = Compose(letter, smtp);
        using var client = new SmtpClient();
        await client.ConnectAsync(smtp.Host!, smtp.Port, smtp.StartTls ? SecureSocketOptions.StartTls
            : SecureSocketOptions.None, ct);
        if (smtp.UserName is not null) await client.AuthenticateAsync(smtp.UserName, smtp.Password ?? "", ct);
        await client.SendAsync(mail, ct);
        await client.DisconnectAsync(quit: true, ct);
    }

    static MimeMessage Compose(Letter letter, SmtpOptions smtp)
    {
        var subject = $"[CarShare] {letter.TextKo}";
        var mail = new MimeMessage
        {
            Subject = subject.Length <= LongestSubject ? subject
                : string.Concat(subject.AsSpan(0, LongestSubject - 1), "…"),
            Body = new TextPart("plain")
            {
                Text = $"{letter.TextKo}\n\n{letter.TextEn}\n",
                ContentTransferEncoding = ContentEncoding.Base64
            },
            MessageId = $"{letter.NotificationId}@carshare",
        };
        mail.From.Add(MailboxAddress.Parse(smtp.From));
        mail.To.Add(new MailboxAddress(null, RecipientOf(letter.Email ?? letter.CustomerId, smtp.Domain).Address));
        return mail;
    }

    /// <summary>An address as it is; a name, such as the id of a customer who gave none, at the domain.</summary>
    internal static MailAddress RecipientOf(string name, string domain)
    {
        if (MailAddress.TryCreate(name, out var own) && own.Address == name) return own;
        var address = $"{name}@{domain}";
        return MailAddress.TryCreate(address, out var made) && made.Address == address
            ? made
            : throw new UndeliverableException($"{name} makes no mail address.");
    }
}
