namespace CarShare.ServiceDefaults.Authentication;

/// <summary>The names of the policies, for endpoints that can't use <see cref="Identity"/>.</summary>
public static class Policies
{
    /// <summary>A customer.</summary>
    public const string Customer = "customer";

    /// <summary>The company's staff.</summary>
    public const string Operator = "operator";

    /// <summary>A customer or an operator.</summary>
    public const string User = "user";

    /// <summary>Another service.</summary>
    public const string Internal = "internal";

    /// <summary>Another service, or an operator who helps one out.</summary>
    public const string Operations = "operations";
}
