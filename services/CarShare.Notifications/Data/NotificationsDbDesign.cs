using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace CarShare.Notifications.Data;

/// <summary>Lets <c>dotnet ef</c> make the model without a configuration or a database.</summary>
sealed class NotificationsDbDesign : IDesignTimeDbContextFactory<NotificationsDb>
{
    public NotificationsDb CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<NotificationsDb>().UseNpgsql().Options);
}
