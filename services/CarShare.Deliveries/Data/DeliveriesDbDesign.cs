using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace CarShare.Deliveries.Data;

/// <summary>Lets <c>dotnet ef</c> make the model without a configuration or a database.</summary>
sealed class DeliveriesDbDesign : IDesignTimeDbContextFactory<DeliveriesDb>
{
    public DeliveriesDb CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<DeliveriesDb>().UseNpgsql().Options);
}
