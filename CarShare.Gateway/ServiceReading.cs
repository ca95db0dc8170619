using System.Globalization;
using System.Text.RegularExpressions;

namespace CarShare.Gateway;

/// <summary>What one process of a service measures, as far as operators look at it here.</summary>
/// <param name="Instance">Which process: counters are each process's own.</param>
/// <param name="Lags">Records behind, by partition: of those this process reads.</param>
/// <param name="Counts">Orders by outcome, and dispatches by the bound they kept to.</param>
sealed partial record ServiceReading(
    string Instance, IReadOnlyDictionary<string, long> Lags, long Unsent, double OutboxAge, long DeadLetters,
    IReadOnlyDictionary<string, double> Counts)
{
    /// <summary>Reads Prometheus' text format; null for what is none of it.</summary>
    public static ServiceReading? Of(string page)
    {
        var (instance, lags, counts) = ("", new Dictionary<string, long>(), new Dictionary<string, double>());
        (double? unsent, double? age, double? letters) = (null, null, null);
        foreach (Match sample in Sample().Matches(page))
        {
            if (!double.TryParse(sample.Groups["value"].Value, CultureInfo.InvariantCulture, out var value)) continue;
            switch (sample.Groups["name"].Value)
            {
                case "target_info": instance = Of("service_instance_id"); break;
                case "carshare_consumer_lag": lags[$"{Of("topic")}/{Of("partition")}"] = (long)value; break;
                case "carshare_outbox_messages": unsent = value; break;
                case "carshare_outbox_age_seconds": age = value; break;
                case "carshare_dead_letters": letters = value; break;
                case "carshare_orders_total": Add(Of("carshare_order_outcome")); break;
                case "carshare_order_dispatch_duration_seconds_bucket":
                    Add(RecentOrders.DispatchedWithin + Of("le"));
                    break;
            }

            string Of(string label) => Label().Matches(sample.Groups["labels"].Value)
                .FirstOrDefault(one => one.Groups["name"].Value == label)?.Groups["value"].Value ?? "";

            // an outcome is told apart further, by its reasons
            void Add(string count) => counts[count] = counts.GetValueOrDefault(count) + value;
        }

        return unsent is null || age is null || letters is null ? null
            : new(instance, lags, (long)unsent, age.Value, (long)letters, counts);
    }

    [GeneratedRegex(
        @"^(?<name>target_info|carshare_(consumer_lag|outbox_\w+|dead_letters|orders_total|order_dispatch_\w+_bucket))"
        + @"(\{(?<labels>.*)\})? (?<value>\S+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Sample();

    [GeneratedRegex(@"(?<name>\w+)=""(?<value>([^""\\]|\\.)*)""", RegexOptions.ExplicitCapture)]
    private static partial Regex Label();
}
