using CarShare.Gateway;
using CarShare.ServiceDefaults;
using CarShare.ServiceDefaults.Authentication;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
var managementPort = builder.ListenOnManagementPort();
builder.Services.AddCors(cors => cors.AddDefaultPolicy(policy => policy
    .WithOrigins(builder.Configuration.GetSection("Cors:Origins").Get<string[]>() ?? [])
    .AllowAnyMethod()
    .AllowAnyHeader()
    .WithExposedHeaders("Location", "Retry-After")));
builder.Services.AddProxy();

var app = builder.Build();
if (managementPort is { } port) app.UseHealthOn(port);
app.UseProblems();
app.UseCors();
app.UseAccess();
app.UseSwaggerUI(ui =>
{
    ui.RoutePrefix = "docs";
    foreach (var service in Routes.Services) ui.SwaggerEndpoint($"/openapi/{service}.json", service);
});
app.MapProxy();
app.Run();
