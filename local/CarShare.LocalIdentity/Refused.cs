using Microsoft.AspNetCore.Authentication;
using OpenIddict.Server.AspNetCore;

namespace CarShare.LocalIdentity;

static class Refused
{
    /// <summary>An error of RFC 6749, said in the way of the endpoint that was asked.</summary>
    public static IResult As(string error, string description) => Results.Forbid(
        new AuthenticationProperties(new Dictionary<string, string?>
        {
            [OpenIddictServerAspNetCoreConstants.Properties.Error] = error,
            [OpenIddictServerAspNetCoreConstants.Properties.ErrorDescription] = description,
        }),
        [OpenIddictServerAspNetCoreDefaults.AuthenticationScheme]);
}
