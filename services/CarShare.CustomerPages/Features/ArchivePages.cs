using CarShare.CustomerPages.Data;
using CarShare.ServiceDefaults;

namespace CarShare.CustomerPages.Features;

/// <summary>Moves pages of rentals that are over for long out of Redis, which would grow for ever.</summary>
public sealed class ArchivePages(PageArchive archive, Supervisor supervisor) : BackgroundService
{
    static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        supervisor.Every(Period, "The archive of pages", archive.ArchiveDue, stoppingToken);
}
