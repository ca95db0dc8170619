using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace CarShare.CustomerPages.Data;

/// <summary>Lets <c>dotnet ef</c> make the model without a configuration or a database.</summary>
sealed class CustomerPagesDbDesign : IDesignTimeDbContextFactory<CustomerPagesDb>
{
    public CustomerPagesDb CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<CustomerPagesDb>().UseNpgsql().Options);
}
