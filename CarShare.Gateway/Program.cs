using CarShare.Gateway;
using CarShare.ServiceDefaults;
using Microsoft.Extensions.Options;

try
{
    Build(args).Run();
    return 0;
}
catch (OptionsValidationException wrong)
{
    await Console.Error.WriteLineAsync(wrong.Message);
    return 1;
}

static WebApplication Build(string[] args)
{
    var builder = WebApplication.CreateBuilder(args);
    builder.AddServiceDefaults();
    var managementPort = builder.ListenOnManagementPort();
    builder.Services.AddOrigins();
    builder.Services.AddLimits();
    builder.Services.AddHsts(hsts => hsts.MaxAge = TimeSpan.FromDays(365));
    builder.Services.AddProxy();

    var app = builder.Build();
    app.UseDraining();
    if (managementPort is { } port) app.UseHealthOn(port);
    app.UseSecurityHeaders();
    if (!app.Environment.IsDevelopment()) app.UseHsts();
    app.UseProblems();
    app.UseCors();
    app.UseAuthentication();
    app.UseLimits();
    app.UseAuthorization();
    app.UseSwaggerUI(ui =>
    {
        ui.RoutePrefix = "docs";
        foreach (var service in Routes.Services) ui.SwaggerEndpoint($"/openapi/{service}.json", service);
    });
    app.MapProxy();
    return app;
}
