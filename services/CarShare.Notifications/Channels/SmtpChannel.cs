using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Net.Mail;
using System.Text;
using Microsoft.Extensions.Options;

namespace CarShare.Notifications.Channels;

/// <summary>Mail, configuration section <c>Smtp</c>; off without a host.</summary>
public sealed class SmtpOptions
{
    public string? Host { get; set; }

    [Range(1, 65535)]
    public int Port { get; set; } = 25;

    [EmailAddress]
    public string From { get; set; } = "carshare@localhost";

    /// <summary>Where customers whose id is no mail address have theirs: <c>{customerId}@{Domain}</c>.</summary>
    [Required]
    public string Domain { get; set; } = "localhost";

    public bool StartTls { get; set; }

    public string? UserName { get; set; }

    public string? Password { get; set; }
}

/// <summary>One mail per notification in both languages, with a Message-ID that stays the same when it is sent again.</summary>
sealed class SmtpChannel(IOptions<SmtpOptions> options) : INotificationChannel
{
    const int LongestSubject = 100;

    public string Name => "smtp";

    public async Task Send(Letter letter, CancellationToken ct)
    {
        var smtp = options.Value;
        using var mail = Compose(letter, smtp);
        using var client = new SmtpClient(smtp.Host, smtp.Port) { EnableSsl = smtp.StartTls };
        if (smtp.UserName is not null) client.Credentials = new NetworkCredential(smtp.UserName, smtp.Password);
        // a server that accepts and then stays silent is not always left on cancellation alone
        await client.SendMailAsync(mail, ct).WaitAsync(ct);
    }

    internal static MailMessage Compose(Letter letter, SmtpOptions smtp)
    {
        var subject = $"[CarShare] {letter.TextKo}";
        var mail = new MailMessage(new MailAddress(smtp.From), RecipientOf(letter.CustomerId, smtp.Domain))
        {
            Subject = subject.Length <= LongestSubject ? subject : string.Concat(subject.AsSpan(0, LongestSubject - 1), "…"),
            SubjectEncoding = Encoding.UTF8,
            Body = $"{letter.TextKo}\n\n{letter.TextEn}\n",
            BodyEncoding = Encoding.UTF8,
        };
        mail.Headers.Add("Message-ID", $"<{letter.NotificationId}@carshare>");
        return mail;
    }

    internal static MailAddress RecipientOf(string customerId, string domain)
    {
        if (MailAddress.TryCreate(customerId, out var own) && own.Address == customerId) return own;
        var address = $"{customerId}@{domain}";
        return MailAddress.TryCreate(address, out var made) && made.Address == address
            ? made
            : throw new UndeliverableException($"The customer id {customerId} makes no mail address.");
    }
}
