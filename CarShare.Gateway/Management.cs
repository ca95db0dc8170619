namespace CarShare.Gateway;

static class Management
{
    /// <summary>
    /// Adds the port named by <c>MANAGEMENT_PORT</c> to the addresses the server was told to listen on: an endpoint
    /// whose port has a variable of its own is not among them.
    /// </summary>
    /// <returns>The port, or null when there is none.</returns>
    internal static int? ListenOnManagementPort(this WebApplicationBuilder builder)
    {
        if (builder.Configuration.GetValue<int?>("MANAGEMENT_PORT") is not { } port) return null;
        var urls = builder.Configuration["urls"] ?? builder.Configuration["http_ports"]?.Split(';').Aggregate("", (all, one) => $"{all}http://*:{one};");
        var listening = (urls ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries).Select(BindingAddress.Parse).ToList();
        if (listening.All(address => address.Port != port))
            builder.WebHost.UseUrls([.. listening.Select(address => address.ToString()), $"http://{listening.FirstOrDefault()?.Host ?? "*"}:{port}"]);
        return port;
    }
}
