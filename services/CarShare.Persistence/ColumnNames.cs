using System.Text.Json;

namespace CarShare.Persistence;

/// <summary>How columns are called.</summary>
public static class ColumnNames
{
    /// <summary>
    /// Names every column of the model as SQL writes names. Call it last in <c>OnModelCreating</c>.
    /// </summary>
    public static void NameColumnsInSnakeCase(this ModelBuilder model)
    {
        // A column of the server's own keeps its name.
        foreach (var property in model.Model.GetEntityTypes().SelectMany(e => e.GetProperties())
            .Where(p => p.Name != "xmin"))
            property.SetColumnName(JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name));
    }
}
