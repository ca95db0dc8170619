using CarShare.Contracts;
using CarShare.Gateway;
using CarShare.ServiceDefaults;
using CarShare.ServiceDefaults.Requests;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Model;

try
{
    await Build(args).RunAsync();
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
    var managementPort = builder.AlsoListenOn("MANAGEMENT_PORT");
    builder.Services.AddOrigins();
    builder.Services.AddLimits();
    builder.Services.AddHsts(hsts => hsts.MaxAge = TimeSpan.FromDays(365));
    builder.Services.AddBackstage();
    builder.AddIngress();
    builder.Services.AddProxy(hasGrpc: builder.AlsoListenOn(ExtraPort.Grpc, HttpProtocols.Http2) is not null);

    var app = builder.Build();
    app.UseDraining();
    if (managementPort is { } port) app.UseManagementOn(port);
    app.UseSecurityHeaders();
    if (!app.Environment.IsDevelopment()) app.UseHsts();
    app.UseProblems();
    app.UseHead();
    app.UseRouting();
    app.UseCors();
    app.UseAuthentication();
    app.UseLimits();
    app.UseAuthorization();
    app.UseSwaggerUI(ui =>
    {
        ui.RoutePrefix = "docs";
        ui.SwaggerEndpoint("/openapi.json", "CarShare");
    });
    app.UseRequestRules(endpoint => endpoint.Metadata.GetMetadata<RouteModel>() is null);
    Document.Map(app);
    DeadLetters.Map(app);
    Overview.Map(app);
    app.MapGet("/docs/{**file}", () => Refusal.NotFound("There is no such file.").ToProblem()).AllowAnyone();
    app.MapProxy();
    app.RefuseOtherMethods();
    return app;
}
