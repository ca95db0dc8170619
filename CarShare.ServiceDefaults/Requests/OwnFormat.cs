namespace CarShare.ServiceDefaults;

/// <summary>
/// Metadata of an endpoint that is not JSON over HTTP: its framework reads the request, and the rules for requests
/// leave it alone.
/// </summary>
public sealed class OwnFormat;
