using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CarShare.DeploymentTests.Infrastructure;

namespace CarShare.DeploymentTests.Kubernetes;

public sealed partial class ManifestTests
{
    static readonly string[] Services =
        ["orders", "stocks", "payments", "deliveries", "notifications", "customerpages", "web", "gateway"];

    static readonly (string Probe, string Path)[] Probes =
        [("startupProbe", "/started"), ("readinessProbe", "/health"), ("livenessProbe", "/alive")];

    public static TheoryData<string> Overlays => [.. Kustomized.Overlays];

    // C38
    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Every_service_has_three_probes_of_its_own_requests_and_limits_on_its_container(string overlay)
    {
        var all = await Kustomized.Of(overlay);
        foreach (var name in Services)
        {
            var container = Kustomized.Container(all.PodOf(name));
            foreach (var (probe, path) in Probes)
            {
                Assert.Equal(path, (string?)container[probe]!["httpGet"]!["path"]);
                Assert.Equal(name == "gateway" ? "management" : "http", (string?)container[probe]!["httpGet"]!["port"]);
            }

            foreach (var resource in (string[])["cpu", "memory"])
            {
                Assert.NotNull(container["resources"]!["requests"]![resource]);
                Assert.NotNull(container["resources"]!["limits"]![resource]);
            }
        }
    }

    [Fact]
    public async Task Prometheus_finds_the_metrics_of_each_service_once_and_names_them_as_the_alerts_do()
    {
        var promtool = Tool.Needed(Tool.OnPath("promtool"), "promtool");
        var all = await Kustomized.Of("production");
        var folder = Directory.CreateTempSubdirectory("carshare-scrape-").FullName;
        var pods = from o in all.Objects
                   let template = o["spec"]?["template"]
                   where template?["spec"]?["containers"] is not null
                   select template;
        var config = await ScrapeConfig.Write(folder, pods);
        await Tool.Output(promtool, ["check", "config", config]);
        var found = await Tool.Output(promtool, ["check", "service-discovery", "--timeout=2s", config, "carshare"]);
        Directory.Delete(folder, recursive: true);
        var scraped = from target in JsonNode.Parse(found)!.AsArray()
                      let labels = target!["labels"]!
                      where labels["job"] is not null
                      orderby (string?)labels["job"]
                      let port = ((string?)labels["__address__"])!.Split(':')[1]
                      select $"{labels["job"]} {port}{labels["__metrics_path__"]}";
        var expected = from name in Services.Order() select $"{name} {(name == "gateway" ? 8081 : 8080)}/metrics";
        Assert.Equal(expected, scraped);
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task A_start_may_take_as_long_as_migrations_may_and_a_stop_as_long_as_draining_does(string overlay)
    {
        var all = await Kustomized.Of(overlay);
        // one run of the migrations gives up after two minutes, and the job begins again
        var patience = Job(all)["backoffLimit"]!.GetValue<int>();
        Assert.True(patience >= 3, $"the migrations give up after {patience} tries");
        foreach (var name in Services)
        {
            var pod = all.PodOf(name);
            var startup = Kustomized.Container(pod)["startupProbe"]!;
            var allowed = startup["periodSeconds"]!.GetValue<int>() * startup["failureThreshold"]!.GetValue<int>();
            Assert.True(allowed >= 300, $"{name} is restarted before the schema can be there");
            var grace = pod["terminationGracePeriodSeconds"]!.GetValue<int>();
            Assert.True(grace > 15, $"{name} is killed while it drains");
        }

        static JsonNode Job(Kustomized all) => all.Find("Job", "migrations")!["spec"]!;
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task A_new_version_takes_over_before_the_old_one_goes_and_pods_are_evicted_one_at_a_time(
        string overlay)
    {
        var all = await Kustomized.Of(overlay);
        foreach (var name in Services)
        {
            var rolling = all.Find("Deployment", name)!["spec"]!["strategy"]!["rollingUpdate"]!;
            Assert.Equal("0", rolling["maxUnavailable"]!.ToString());
            Assert.Equal(1, all.Find("PodDisruptionBudget", name)!["spec"]!["maxUnavailable"]!.GetValue<int>());
        }
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Every_pod_fits_the_restricted_level_with_a_numeric_user_and_a_read_only_root(string overlay)
    {
        var all = await Kustomized.Of(overlay);
        var labels = all.Find("Namespace", "carshare")!["metadata"]!["labels"]!;
        Assert.Equal("restricted", (string?)labels["pod-security.kubernetes.io/enforce"]);
        foreach (var (name, pod) in all.Pods())
        {
            var (user, container) = (pod["securityContext"]!, Kustomized.Container(pod)["securityContext"]!);
            Assert.True(user["runAsNonRoot"]!.GetValue<bool>(), name);
            Assert.True(user["runAsUser"]!.GetValue<int>() > 0, name);
            Assert.Equal("RuntimeDefault", (string?)user["seccompProfile"]!["type"]);
            Assert.False(container["allowPrivilegeEscalation"]!.GetValue<bool>(), name);
            Assert.Equal("ALL", (string?)container["capabilities"]!["drop"]![0]);
            Assert.False(pod["automountServiceAccountToken"]!.GetValue<bool>(), name);
            // Keycloak builds its configuration beside its program
            Assert.True(name == "identity" || container["readOnlyRootFilesystem"]!.GetValue<bool>(), name);
        }

        var users = all.Services().Select(service => service.Pod["securityContext"]!["runAsUser"]!.GetValue<int>());
        Assert.Equal([1654], users.Distinct());
    }

    // C39
    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Every_name_that_is_referred_to_is_there(string overlay)
    {
        var all = await Kustomized.Of(overlay);
        var templates = all.Objects
            .Select(o => o["spec"]?["template"]?["metadata"]?["labels"]).OfType<JsonNode>().ToList();
        foreach (var service in all.Kind("Service").Concat(all.Kind("PodDisruptionBudget")))
        {
            var selector = (service["spec"]!["selector"]!["matchLabels"] ?? service["spec"]!["selector"])!.AsObject();
            Assert.Contains(templates, pod => selector.All(want => (string?)pod[want.Key] == (string?)want.Value));
        }

        Assert.All(Scaled(all), name => Assert.NotNull(all.Find("Deployment", name)));
        foreach (var (name, pod) in all.Pods())
        {
            var maps = ConfigMap().Matches(pod.ToJsonString()).Select(match => match.Groups[1].Value);
            Assert.All(maps, map => Assert.True(all.Find("ConfigMap", map) is not null, $"{name}: {map}"));
        }
    }

    [Fact]
    public async Task Two_things_never_scale_the_same_deployment()
    {
        foreach (var overlay in Kustomized.Overlays)
        {
            var targets = Scaled(await Kustomized.Of(overlay)).ToList();
            Assert.Equal(targets.Distinct(), targets);
        }
    }

    [Fact]
    public async Task The_rule_for_lag_has_one_source_and_asks_the_broker_that_the_services_use()
    {
        var all = await Kustomized.Of("production");
        var threshold = Lag.Read()["lagThreshold"];
        var broker = all.Environment(all.PodOf("orders"))["ConnectionStrings__kafka"];
        var scaled = all.Kind("ScaledObject").ToList();
        Assert.Equal(["customerpages", "deliveries", "notifications"], scaled.Select(Kustomized.Name).Order());
        foreach (var one in scaled)
        {
            var triggers = one["spec"]!["triggers"]!.AsArray();
            var kafka = triggers.Single(trigger => (string)trigger!["type"]! == "kafka")!["metadata"]!;
            Assert.Equal(threshold, (string?)kafka["lagThreshold"]);
            Assert.Equal(broker, (string?)kafka["bootstrapServers"]);
            Assert.Equal(Kustomized.Name(one), (string?)kafka["consumerGroup"]);
            Assert.Equal("enable", (string?)kafka["tls"]);
        }
    }

    [Fact]
    public async Task The_source_systems_rule_of_twenty_percent_and_one_to_three_pods_is_tried_in_the_local_overlay()
    {
        var rule = (await Kustomized.Of("local")).Find("HorizontalPodAutoscaler", "orders")!["spec"]!;
        Assert.Equal(20, rule["metrics"]![0]!["resource"]!["target"]!["averageUtilization"]!.GetValue<int>());
        Assert.Equal(1, rule["minReplicas"]!.GetValue<int>());
        Assert.Equal(3, rule["maxReplicas"]!.GetValue<int>());
    }

    [Fact]
    public async Task Stores_in_the_cluster_keep_their_data_on_claims_and_the_database_stops_fast_and_is_backed_up()
    {
        var all = await Kustomized.Of("local");
        foreach (var store in (string[])["postgres", "kafka", "redis"])
            Assert.NotEmpty(all.Find("StatefulSet", store)!["spec"]!["volumeClaimTemplates"]!.AsArray());
        var postgres = Kustomized.Container(all.Find("StatefulSet", "postgres")!["spec"]!["template"]!["spec"]!);
        Assert.Contains("-m fast", postgres["lifecycle"]!["preStop"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Contains("pg_dumpall", all.Find("CronJob", "postgres-backup")!.ToJsonString(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Nothing_may_be_reached_unless_a_policy_says_so(string overlay)
    {
        var all = await Kustomized.Of(overlay);
        var nothing = all.Find("NetworkPolicy", "nothing-else")!["spec"]!;
        Assert.Empty(nothing["podSelector"]!.AsObject());
        Assert.Null(nothing["ingress"] ?? nothing["egress"]);
        // the world gets to the public port only, never to where health is told
        var world = all.Find("NetworkPolicy", "world-to-gateway")!["spec"]!["ingress"]!;
        Assert.Equal("""[{"ports":[{"port":"http"}]}]""", world.ToJsonString());
        var ports = all.Kind("Service").SelectMany(service => service["spec"]!["ports"]!.AsArray());
        Assert.DoesNotContain(ports, port => port!.ToJsonString().Contains("management", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task No_secret_is_written_into_a_manifest(string overlay)
    {
        var all = await Kustomized.Of(overlay);
        Assert.Empty(all.Kind("Secret"));
        var settings = all.Kind("ConfigMap").SelectMany(map => map["data"]!.AsObject())
            .Where(pair => pair.Key.Contains("__", StringComparison.Ordinal));
        Assert.DoesNotContain(settings, pair => Secret().IsMatch($"{pair.Key}={pair.Value}"));
    }

    [Fact]
    public async Task Every_setting_that_says_where_something_is_names_a_service_of_the_overlay()
    {
        var all = await Kustomized.Of("local");
        var services = all.Kind("Service").ToDictionary(Kustomized.Name, Ports);
        foreach (var (key, value) in all.Environment(all.Services().First().Pod))
        {
            if (Address().Match(value ?? "") is not { Success: true } address) continue;
            var port = int.Parse(address.Groups["port"].Value, CultureInfo.InvariantCulture);
            var found = services.TryGetValue(address.Groups["host"].Value, out var ports) && ports.Contains(port);
            Assert.True(found, $"{key}={value} leads nowhere");
        }
    }

    static List<int> Ports(JsonNode service) =>
        [.. service["spec"]!["ports"]!.AsArray().Select(port => port!["port"]!.GetValue<int>())];

    static IEnumerable<string> Scaled(Kustomized all) =>
        all.Kind("HorizontalPodAutoscaler").Concat(all.Kind("ScaledObject"))
            .Select(o => (string)o["spec"]!["scaleTargetRef"]!["name"]!);

    [GeneratedRegex("\"configMap(?:Ref)?\":\\{\"name\":\"([^\"]+)\"")]
    private static partial Regex ConfigMap();

    [GeneratedRegex("(password|secret|key)[^=]*=.", RegexOptions.IgnoreCase)]
    private static partial Regex Secret();

    [GeneratedRegex(@"^(?:https?://)?(?<host>[a-z]+)(?:\.carshare\.svc\.cluster\.local)?:(?<port>\d+)")]
    private static partial Regex Address();
}
