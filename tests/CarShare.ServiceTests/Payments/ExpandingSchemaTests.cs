using System.Net;
using Npgsql;

namespace CarShare.ServiceTests.Payments;

/// <summary>
/// A newer version's migration expands the schema while this version works on connections whose statements are prepared
/// for the old one.
/// </summary>
[Collection("payments")]
public sealed class ExpandingSchemaTests(PaymentsFixture payments)
{
    [Fact]
    public async Task A_column_added_while_payments_are_made_disturbs_nobody()
    {
        await Pay();
        await using var connection = await payments.Connect();
        await using var expand = new NpgsqlCommand(
            "ALTER TABLE payments ADD COLUMN added_by_a_newer_version integer", connection);
        await expand.ExecuteNonQueryAsync();
        await Pay();
    }

    /// <summary>Many at once, so that many connections have each statement prepared.</summary>
    Task Pay() => Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
    {
        var customer = await payments.CustomerWith(10_000);
        for (var i = 0; i < 10; i++)
        {
            using var answer = await payments.Pay(Guid.CreateVersion7(), customer, 1_000);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
    }));
}
