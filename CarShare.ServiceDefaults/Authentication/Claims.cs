namespace CarShare.ServiceDefaults.Authentication;

static class Claims
{
    internal const string Expires = "exp", Subject = "sub";
    internal const string Roles = "roles";
    internal const string Scope = "scope";
    internal const string Customer = "customer";
    internal const string Operator = "operator";
    internal const string InternalScope = "carshare.internal";
}
