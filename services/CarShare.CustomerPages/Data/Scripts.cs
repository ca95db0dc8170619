namespace CarShare.CustomerPages.Data;

/// <summary>The Lua scripts of the folder beside this file.</summary>
static class Scripts
{
    /// <summary>Knows the fields of a document from the domain.</summary>
    public static string Apply { get; } = $"local FIELDS = {{ {Fields} }}\n{Load("apply")}";

    public static string Read { get; } = Load("read");

    public static string Customers { get; } = Load("customers");

    public static string Archive { get; } = Load("archive");

    static string Fields => string.Join(", ", Envelope.Fields.Select(name => $"'{name}'"));

    static string Load(string name)
    {
        using var reader = new StreamReader(typeof(Scripts).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
