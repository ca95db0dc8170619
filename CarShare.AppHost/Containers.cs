namespace CarShare.AppHost;

static class Containers
{
    public static Infrastructure AddContainers(this IDistributedApplicationBuilder builder)
    {
        var run = RunSettings.Of(builder);
        var postgres = builder.AddPostgres("postgres").WithDataVolume(run.Volume("postgres"))
            .WithArgs("-c", "max_connections=400", "-c", "max_wal_size=2GB", "-c", "log_lock_waits=on");
        var redis = builder.AddRedis("redis").WithDataVolume(run.Volume("redis")).WithPersistence();
        if (!run.FreePorts)
        {
            postgres.WithPgAdmin();
            redis.WithRedisInsight();
        }
        return new(
            postgres, name => postgres.AddDatabase(name), builder.AddKafka(run), redis, builder.AddKeycloakIdentity());
    }

    static IResourceBuilder<IResourceWithConnectionString> AddKafka(
        this IDistributedApplicationBuilder builder, RunSettings run)
    {
        // Topics are made by the migrations alone.
        var kafka = builder.AddKafka("kafka").WithDataVolume(run.Volume("kafka"))
            .WithEnvironment("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false");
        return run.FreePorts ? kafka : kafka.WithKafkaUI();
    }
}
