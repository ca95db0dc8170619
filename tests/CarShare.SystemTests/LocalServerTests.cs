using System.Globalization;
using System.Net;
using Aspire.Hosting.Testing;
using CarShare.Tests;
using Npgsql;
using StackExchange.Redis;

namespace CarShare.SystemTests;

[Collection(nameof(ManualSystem))]
public sealed class LocalServerTests(ManualSystem system)
{
    [Theory]
    [InlineData("ordersdb", "postgres", "a guess")]
    [InlineData("postgres", "postgres", "")]
    [InlineData("paymentsdb", "paymentsdb", "paymentsdb")]
    public async Task A_database_opens_for_a_password_only(string database, string user, string password)
    {
        var refused = await Assert.ThrowsAnyAsync<NpgsqlException>(
            async () => await Ask(await Server("ordersdb", database, user, password), "SELECT 1"));
        Assert.Contains("password", refused.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("ordersdb", "paymentsdb")]
    [InlineData("notificationsdb", "ordersdb")]
    public async Task A_service_cannot_enter_another_services_database(string own, string other)
    {
        var refused = await Assert.ThrowsAsync<PostgresException>(
            async () => await Ask(await Server(own, other), "SELECT 1"));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
    }

    [Fact]
    public async Task A_services_role_is_an_ordinary_one()
    {
        string[] all = ["ordersdb", "stocksdb", "paymentsdb", "deliveriesdb", "notificationsdb", "customerpagesdb"];
        foreach (var name in all)
            Assert.Equal(false, await Ask(
                await Server(name, name),
                """
                SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication FROM pg_roles
                    WHERE rolname = current_user
                """));
    }

    [Fact]
    public async Task Redis_answers_nobody_without_its_password()
    {
        var address = (await system.App.GetConnectionStringAsync("redis"))!.Split(',')[0];
        await using var stranger = await ConnectionMultiplexer.ConnectAsync(
            $"{address},abortConnect=false,connectTimeout=1000,connectRetry=0");
        await Assert.ThrowsAnyAsync<RedisException>(async () => await stranger.GetDatabase().PingAsync());
    }

    [Fact]
    public void What_is_kept_on_disk_is_its_owners_alone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are no such modes.");
        var files = Directory.EnumerateFiles(system.Data, "*", SearchOption.AllDirectories)
            .Concat(Directory.EnumerateFiles(system.Logs)).ToList();
        Assert.Contains(files, file => Path.GetFileName(file) == "secrets");
        Assert.Contains(files, file => Path.GetFileName(file) == "connections");
        // a folder that nobody else may enter hides what is in it
        Assert.DoesNotContain(files, file => IsOpen(file) && IsOpen(Path.GetDirectoryName(file)!));

        static bool IsOpen(string path) => !OperatingSystem.IsWindows()
            && (File.GetUnixFileMode(path) & (UnixFileMode.GroupRead | UnixFileMode.OtherRead)) != UnixFileMode.None;
    }

    [Fact]
    public void The_database_server_has_no_rights_beyond_its_users()
    {
        var server = Assert.Single(Directory.EnumerateDirectories("/proc").Where(IsServer).Take(1));
        var rights = File.ReadLines($"{server}/status").Where(line =>
            line.StartsWith("CapEff", StringComparison.Ordinal) || line.StartsWith("CapAmb", StringComparison.Ordinal));
        Assert.All(rights, line =>
            Assert.Equal(0UL, ulong.Parse(line.Split('\t')[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture)));

        bool IsServer(string process)
        {
            try
            {
                return File.ResolveLinkTarget($"{process}/cwd", returnFinalTarget: false)?.FullName.StartsWith(
                    Path.Combine(system.Data, "postgres", "pgdata"), StringComparison.Ordinal) == true;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        }
    }

    [Fact]
    public void Proxies_and_database_settings_of_the_shell_reach_no_service()
    {
        foreach (var service in CarShareSystem.Workloads)
        {
            var names = system.EnvironmentOf(service).Select(variable => variable.Split('=')[0]).ToList();
            Assert.NotEmpty(names);
            foreach (var foreign in CarShareSystem.HostileShell.Keys)
                Assert.DoesNotContain(foreign, names, StringComparer.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public void No_service_is_told_of_a_collector_where_there_is_none()
    {
        foreach (var service in CarShareSystem.Workloads)
        {
            var names = system.EnvironmentOf(service).Select(variable => variable.Split('=')[0]).ToList();
            Assert.Contains("OTEL_SERVICE_NAME", names);
            Assert.DoesNotContain("OTEL_EXPORTER_OTLP_ENDPOINT", names);
        }
    }

    [Fact]
    public async Task What_is_next_door_is_asked_without_a_proxy()
    {
        // each process its own first request at its start, the services one another and the provider for the rental
        // that every system begins with, the web the services for its page and the provider for whoever signs in
        using var http = system.Gateway();
        foreach (var page in (string[])["/", "/sign-in"])
        {
            using var answer = await http.GetAsync(page, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        Assert.Empty(system.Proxy.Asked);
    }

    async Task<string> Server(string known, string database, string? user = null, string? password = null)
    {
        var settings = new NpgsqlConnectionStringBuilder(
            await system.App.GetConnectionStringAsync(known))
        { Database = database, Pooling = false };
        if (user is not null) settings.Username = user;
        if (password is not null) settings.Password = password;
        return settings.ConnectionString;
    }

    static async Task<object?> Ask(string server, string sql)
    {
        await using var source = NpgsqlDataSource.Create(server);
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }
}
