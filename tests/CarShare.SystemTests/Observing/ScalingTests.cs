using System.Globalization;
using System.Text.RegularExpressions;
using Aspire.Hosting.ApplicationModel;
using CarShare.Contracts;
using CarShare.Tests;
using Npgsql;

namespace CarShare.SystemTests.Observing;

/// <summary>Two of notifications, of which the second waits to be needed; deliveries move by hand.</summary>
public sealed class ScaledSystem : CarShareSystem
{
    protected override IEnumerable<string> Arguments =>
    [
        "--Replicas:notifications=2", "--Settings:deliveries:Deliveries__AutoDispatchAfter=-00:00:01",
        "--Settings:deliveries:Deliveries__AutoRetrieveAfter=-00:00:01",
    ];
}

// N6 N10
public sealed partial class ScalingTests(ScaledSystem system) : IClassFixture<ScaledSystem>
{
    const string Consumer = "notifications";
    const int Customers = 12, OrdersEach = 5;

    [Fact]
    public async Task A_consumer_that_lags_is_scaled_out_by_the_rule_of_the_manifests_and_in_again_and_tells_all_once()
    {
        var second = (await Instances())[1];
        await Do(second, KnownResourceCommands.StopCommand, running: 1);
        // A share given out now would have to ask the store that is about to be away where it had come to.
        await Eventually.Holds("the first has every share", async () =>
            await Shares() == Topics.All.Count * Topics.Partitions, TimeSpan.FromMinutes(1));
        var customers = await Task.WhenAll(Enumerable.Range(0, Customers).Select(_ => system.Customer().TopUp(50_000)));
        var product = await system.Operator().RegistersMany(cars: Customers * OrdersEach + 2);
        var kinds = await KindsOf(customers[0], product.ProductId);

        // behind, as after a burst: its store lets nobody in
        await using (var store = await system.Connect("notificationsdb"))
        {
            await using var held = await store.BeginTransactionAsync();
            await using (var command = new NpgsqlCommand("LOCK TABLE consumer_positions", store))
                await command.ExecuteNonQueryAsync();
            await Task.WhenAll(customers.Select(async customer =>
            {
                for (var i = 0; i < OrdersEach; i++) await customer.Rents(product.ProductId);
            }));
            await Eventually.Holds("the rule asks for more than one", async () => await Wanted() > 1);
            await Do(second, KnownResourceCommands.StartCommand, running: 2);
        }

        await AreTold(customers, kinds, orders: 1 + Customers * OrdersEach);
        await Eventually.Holds("the rule asks for no more than one", async () => await Wanted() <= 1);
        await Do(second, KnownResourceCommands.StopCommand, running: 1);
        await customers[0].Rents(product.ProductId);
        await AreTold(customers, kinds, orders: 2 + Customers * OrdersEach);
    }

    /// <summary>What a customer is told of an order that waits for its car.</summary>
    async Task<IReadOnlyList<string>> KindsOf(Customer customer, Guid product)
    {
        var order = await customer.Rents(product);
        await customer.SeesOnPage(order.OrderId, "the delivery", page => page.DeliveryStatus is not null);
        await Eventually.Holds("nothing waits to be told", async () => await Lag() == 0);
        return [.. (await Told(customer)).Where(message => message.OrderId == order.OrderId)
            .Select(message => message.Kind).Order()];
    }

    /// <summary>Everything of every order, and nothing twice.</summary>
    static async Task AreTold(IReadOnlyList<Customer> customers, IReadOnlyList<string> kinds, int orders)
    {
        var told = new List<NotificationDto>();
        await Eventually.Holds("everybody is told everything", async () =>
        {
            told = [.. (await Task.WhenAll(customers.Select(Told))).SelectMany(messages => messages)
                .Where(message => message.OrderId is not null)];
            return told.Count >= orders * kinds.Count;
        }, TimeSpan.FromMinutes(1));
        var byOrder = told.GroupBy(message => message.OrderId).ToList();
        Assert.Equal(orders, byOrder.Count);
        Assert.All(byOrder, order => Assert.Equal(kinds, order.Select(message => message.Kind).Order()));
    }

    static Task<List<NotificationDto>> Told(Customer customer) => customer.Http.All<NotificationDto>("/notifications");

    /// <summary>As KEDA and Azure Container Apps reckon it, before their least and most.</summary>
    async Task<int> Wanted() => (int)Math.Ceiling(await Lag() / Threshold);

    static double Threshold { get; } = double.Parse(
        File.ReadLines(Path.Combine(ChildProcess.RepositoryRoot, "deploy/kubernetes/components/keda/lag.env"))
            .Single(line => line.StartsWith("lagThreshold=", StringComparison.Ordinal)).Split('=')[1],
        CultureInfo.InvariantCulture);

    async Task<double> Lag() => (await LagOfEach()).Sum();

    async Task<int> Shares() => (await LagOfEach()).Count();

    async Task<IEnumerable<double>> LagOfEach() =>
        from page in await system.Metrics(Consumer)
        from match in LagOfPartition().Matches(page)
        select double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);

    async Task<IReadOnlyList<string>> Instances()
    {
        var ids = new SortedSet<string>(StringComparer.Ordinal);
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await foreach (var change in system.App.ResourceNotifications.WatchAsync(patience.Token))
            if (change.Resource.Name == Consumer && ids.Add(change.ResourceId) && ids.Count == 2) break;
        return [.. ids];
    }

    async Task Do(string instance, string command, int running)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var result = await system.App.ResourceCommands.ExecuteCommandAsync(instance, command, patience.Token);
        Assert.True(result.Success, $"{command} of {instance}: {result.Message}");
        await Eventually.Holds(
            $"{running} of {Consumer}", () => Task.FromResult(system.Instances(Consumer).Count == running),
            TimeSpan.FromMinutes(1));
    }

    [GeneratedRegex("^carshare_consumer_lag{[^}]*} ([0-9.e+]+)", RegexOptions.Multiline)]
    private static partial Regex LagOfPartition();
}
