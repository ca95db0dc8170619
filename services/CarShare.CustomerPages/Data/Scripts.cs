namespace CarShare.CustomerPages.Data;

/// <summary>The Lua scripts of the folder beside this file.</summary>
static class Scripts
{
    public static string Apply { get; } = Load("apply");

    public static string Read { get; } = Load("read");

    public static string Positions { get; } = Load("positions");

    static string Load(string name)
    {
        using var reader = new StreamReader(typeof(Scripts).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
