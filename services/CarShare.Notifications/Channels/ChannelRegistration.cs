namespace CarShare.Notifications.Channels;

static class ChannelRegistration
{
    /// <summary>SMTP and webhook where they are configured; the inbox needs no sending.</summary>
    public static void AddChannels(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        if (!string.IsNullOrWhiteSpace(builder.Configuration["Smtp:Host"]))
        {
            services.AddOptions<SmtpOptions>().BindConfiguration("Smtp").ValidateDataAnnotations().ValidateOnStart();
            services.AddSingleton<INotificationChannel, SmtpChannel>();
        }

        if (!string.IsNullOrWhiteSpace(builder.Configuration["Webhook:Url"]))
        {
            services.AddOptions<WebhookOptions>().BindConfiguration("Webhook")
                .Validate(webhook => webhook.Url is { IsAbsoluteUri: true, Scheme: "http" or "https" },
                    "Webhook:Url must be an absolute http or https URL.").ValidateOnStart();
            // somebody outside, who may well be behind a proxy
            services.AddHttpClient(nameof(WebhookChannel))
                .UseSocketsHttpHandler((handler, _) => handler.UseProxy = true);
            services.AddSingleton<INotificationChannel, WebhookChannel>();
        }

        services.AddOptions<SenderOptions>().BindConfiguration("Sender")
            .Validate(sender => sender is { Parallel: > 0, MaxAttempts: > 0 } && sender.Timeout > TimeSpan.Zero,
                "Sender: Parallel, MaxAttempts and Timeout must be above zero.")
            .ValidateOnStart();
        services.AddHostedService<Sender>();
    }
}
