namespace CarShare.Notifications.Domain;

/// <summary>One message in both languages.</summary>
public sealed record Text(string Korean, string English);
