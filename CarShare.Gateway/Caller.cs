using System.Net;
using System.Net.Sockets;
using CarShare.ServiceDefaults;

namespace CarShare.Gateway;

enum CallerKind
{
    Address,
    Customer,
    Operator,
}

/// <summary>Whose limits a request counts against: the token's subject, or the address of whoever has none.</summary>
readonly record struct Caller(CallerKind Kind, string Id)
{
    public static Caller Of(HttpContext http) => http.User.Identity is { IsAuthenticated: true, Name: { } subject }
        ? new(CurrentUser.Of(http.User).IsOperator ? CallerKind.Operator : CallerKind.Customer, subject)
        : new(CallerKind.Address, Network(http.Connection.RemoteIpAddress));

    /// <summary>An IPv6 customer has a whole /64 of addresses to choose from.</summary>
    static string Network(IPAddress? address)
    {
        if (address is not { AddressFamily: AddressFamily.InterNetworkV6, IsIPv4MappedToIPv6: false })
            return (address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address)?.ToString() ?? "";
        return Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8));
    }
}
