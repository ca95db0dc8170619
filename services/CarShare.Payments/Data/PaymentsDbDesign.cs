using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace CarShare.Payments.Data;

/// <summary>Lets <c>dotnet ef</c> make the model without a configuration or a database.</summary>
sealed class PaymentsDbDesign : IDesignTimeDbContextFactory<PaymentsDb>
{
    public PaymentsDb CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<PaymentsDb>().UseNpgsql().Options);
}
