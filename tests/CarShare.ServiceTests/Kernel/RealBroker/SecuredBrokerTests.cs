using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Migrations;
using CarShare.Tests;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace CarShare.ServiceTests.Kernel.RealBroker;

/// <summary>
/// A broker that asks for TLS and a password, as every managed one does: reached by configuration alone.
/// </summary>
[Collection(RealBrokerCollection.Name)]
public sealed class SecuredBrokerTests(Servers servers, IdentityServer identity) : IAsyncLifetime
{
    static readonly TimeSpan Long = TimeSpan.FromMinutes(2);

    readonly string _folder = Directory.CreateTempSubdirectory("carshare-sasl-").FullName;
    readonly int _port = ChildProcess.FreePort();
    readonly PublisherStub _nobody = new();

    string Address => $"127.0.0.1:{_port}";

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(File.Exists(RealKafka.Script), "No Kafka with a password here.");
        await Run("start", "--dir", _folder, "--port", $"{_port}", "--sasl", "carshare:secret");
        await _nobody.Start();
    }

    [Fact]
    public async Task Relay_consumer_and_migrations_reach_it_by_configuration_and_a_refusal_is_quoted()
    {
        var database = servers.Database($"secured_{Guid.NewGuid():N}");
        await using (var db = new LedgerDb(new DbContextOptionsBuilder<LedgerDb>().UseNpgsql(database).Options))
            await db.Database.EnsureCreatedAsync();
        var right = Settings("secret", Path.Combine(_folder, "ca.pem"));
        await TopicProvisioner.Provision(
            new ConfigurationBuilder().AddInMemoryCollection([new("ConnectionStrings:kafka", Address), .. right])
                .Build(), NullLogger.Instance, default);
        await using (var service = await new LedgerService(
            database, Address, _nobody.Address, identity, options => options.Topics = [Topics.Payments], right).Start())
        {
            await Eventually.Holds("every log is joined", () =>
                service.Query(async db => await db.Set<ConsumerPosition>().CountAsync() == Topics.Partitions), Long);
            await Publish(service);
            await Eventually.Holds(
                "it is sent", () => service.Query(db => db.Set<OutboxMessage>().AllAsync(m => m.SentAt != null)), Long);
            await Eventually.Holds("and read", () =>
                service.Query(db => db.Set<ConsumerPosition>().AnyAsync(p => p.LastId != null)), Long);
        }

        foreach (var (settings, sentence) in new[]
        {
            (Settings("wrong", Path.Combine(_folder, "ca.pem")), "uthentication failed"),
            (Settings("secret", null), "certificate verify failed"),
        })
        {
            await using var refused = await new LedgerService(database, Address, _nobody.Address, identity, options =>
                options.Topics = [Topics.Payments], settings).Start();
            await Publish(refused);
            await Eventually.Holds($"{sentence} is said", () => Task.FromResult(
                refused.Service<Shipment>().LastError?.Contains(sentence, StringComparison.Ordinal) == true), Long);
        }
    }

    static Task<int> Publish(LedgerService service) => service.Query(db =>
    {
        db.Publish(new PaymentRefunded(Guid.NewGuid(), "alice", DateTimeOffset.UtcNow, Guid.NewGuid(), 1));
        return db.SaveChangesAsync();
    });

    static List<KeyValuePair<string, string?>> Settings(string password, string? authority) =>
    [
        .. from client in new[] { "Producer", "Consumer" }
           from setting in new (string Name, string? Value)[]
           {
               ("SecurityProtocol", "SaslSsl"), ("SaslMechanism", "Plain"), ("SaslUsername", "carshare"),
               ("SaslPassword", password), ("SslCaLocation", authority),
           }
           where setting.Value is not null
           select KeyValuePair.Create($"Aspire:Confluent:Kafka:{client}:Config:{setting.Name}", setting.Value),
    ];

    public async ValueTask DisposeAsync()
    {
        if (File.Exists(RealKafka.Script)) await Run("stop", "--dir", _folder, "--kill");
        await _nobody.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>
    /// Through a shell of its own: what it starts in the background keeps no pipe of this process open.
    /// </summary>
    static async Task Run(params string[] arguments)
    {
        await using var script = ChildProcess.Start(
            "bash", ["-c", "\"$0\" \"$@\" >/dev/null 2>&1 </dev/null", RealKafka.Script, .. arguments]);
        await Eventually.Holds("the script is done", async () => await script.Ends() == 0, Long);
    }
}
