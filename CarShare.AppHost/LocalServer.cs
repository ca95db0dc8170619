namespace CarShare.AppHost;

/// <summary>A server that is started by a script of local/, as a process of this machine.</summary>
sealed class LocalServer(
    string name, string script, string directory, Func<EndpointReference, ReferenceExpression> connectionString)
    : ExecutableResource(name, "bash", directory), IResourceWithConnectionString
{
    public string Script => script;
    public EndpointReference Tcp => field ??= new(this, "tcp");
    public ReferenceExpression ConnectionStringExpression => connectionString(Tcp);
}

/// <summary>A database of a local server, used by one ordinary role of the same name.</summary>
sealed class LocalDatabase(string name, LocalServer parent, ParameterResource password)
    : Resource(name), IResourceWithConnectionString, IResourceWithParent<LocalServer>
{
    public LocalServer Parent => parent;

    public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create(
        $"Host={parent.Tcp.Property(EndpointProperty.Host)};Port={parent.Tcp.Property(EndpointProperty.Port)};"
        + $"Username={Name};Password={password};Database={Name}");
}
