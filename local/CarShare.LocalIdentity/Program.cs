using System.Globalization;
using CarShare.LocalIdentity;
using CarShare.LocalIdentity.Login;

// An OpenID Connect provider for development. It reads the realm that Keycloak imports, and answers at Keycloak's
// addresses.
var builder = WebApplication.CreateSlimBuilder(args);
var settings = builder.Configuration;
if (!builder.Environment.IsDevelopment())
    return Refuse("The local identity provider is for development only: it gives a token to whoever asks by name.");
if (settings["REALM"] is not { } file || settings["DATA"] is not { } data
    || !int.TryParse(settings["PORT"], CultureInfo.InvariantCulture, out var port))
    return Refuse("REALM (a realm file), DATA (a directory for the signing key) and PORT must be set.");

// no other address, also not one of the configuration
builder.WebHost.UseUrls($"http://localhost:{port}").ConfigureKestrel(kestrel => kestrel.Configure());
builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("OpenIddict", LogLevel.Warning)
    .AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
try
{
    var realm = Realm.Read(file, settings);
    var address = new Addresses(realm.Name, port);
    using var key = new SigningKey(data);
    builder.Services.AddSingleton(realm).AddSingleton(address).AddSingleton<Principals>().AddSingleton<Users>();
    builder.Services.AddProvider(realm, address, key);
    builder.Services.AddLogin(address, data);
    await using var app = builder.Build();
    app.Services.GetRequiredService<Principals>();

    app.UseHostFiltering();
    app.UseRouting();
    app.UseAuthentication();
    app.MapGet("/health", () => Results.Ok());
    app.MapGet($"/{address.Authorization}", AuthorizationEndpoint.Handle);
    app.MapPost($"/{address.Token}", TokenEndpoint.Handle);
    app.MapMethods($"/{address.EndSession}", ["GET", "POST"], EndSessionEndpoint.Handle);
    app.MapLogin(address);

    await app.StartAsync();
    Console.WriteLine($"Identity at {address.Authority}");
    await app.WaitForShutdownAsync();
    return 0;
}
catch (Exception e) when (e is InvalidRealmException or IOException or UnauthorizedAccessException)
{
    return Refuse(e.Message);
}

static int Refuse(string reason)
{
    Console.Error.WriteLine(reason);
    return 1;
}
