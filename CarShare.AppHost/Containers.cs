namespace CarShare.AppHost;

/// <summary>Servers in containers, each of a version that is chosen here: a newer Aspire brings no newer one.</summary>
static class Containers
{
    internal const string KeycloakTag = "26.6";

    const string PostgresTag = "18.3", RedisTag = "8.6", KafkaTag = "8.2.0", PgAdminTag = "9.15.0", InsightTag = "3.4";

    public static Infrastructure AddContainers(this IDistributedApplicationBuilder builder)
    {
        var run = RunSettings.Of(builder);
        var postgres = builder.AddPostgres("postgres").WithImageTag(PostgresTag).WithDataVolume(run.Volume("postgres"))
            .WithArgs("-c", "max_connections=400", "-c", "max_wal_size=2GB", "-c", "log_lock_waits=on");
        var redis = builder.AddRedis("redis").WithImageTag(RedisTag).WithDataVolume(run.Volume("redis"))
            .WithPersistence();
        if (!run.FreePorts)
        {
            postgres.WithPgAdmin(page => page.WithImageTag(PgAdminTag));
            redis.WithRedisInsight(page => page.WithImageTag(InsightTag));
        }
        var containers = new Infrastructure(
            postgres, name => postgres.AddDatabase(name), builder.AddKafka(run), redis, builder.AddKeycloakIdentity());
        builder.NoteVolumes(run);
        return containers;
    }

    /// <summary>Where the data lies that <c>./carshare reset</c> deletes.</summary>
    static void NoteVolumes(this IDistributedApplicationBuilder builder, RunSettings run) =>
        File.WriteAllLines(
            Path.Combine(run.Data, "volumes"),
            builder.Resources.SelectMany(server => server.Annotations.OfType<ContainerMountAnnotation>())
                .Where(mount => mount.Type == ContainerMountType.Volume).Select(mount => mount.Source!));

    static IResourceBuilder<IResourceWithConnectionString> AddKafka(
        this IDistributedApplicationBuilder builder, RunSettings run)
    {
        // Topics are made by the migrations alone.
        var kafka = builder.AddKafka("kafka").WithImageTag(KafkaTag).WithDataVolume(run.Volume("kafka"))
            .WithEnvironment("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false");
        return run.FreePorts ? kafka : kafka.WithKafkaUI();
    }
}
