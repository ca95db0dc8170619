using CarShare.Contracts;
using CarShare.Messaging;

namespace CarShare.UnitTests.Messaging;

public sealed class PartitioningTests
{
    [Theory] // as Kafka's own clients place them: toPositive(murmur2(key)) % 6
    [InlineData("21", -973932308)]
    [InlineData("foobar", -790332482)]
    [InlineData("a-little-bit-long-string", -985981536)]
    [InlineData("a-little-bit-longer-string", -1486304829)]
    [InlineData("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971)]
    [InlineData("abc", 479470107)]
    public void A_key_lies_where_any_other_client_would_put_it(string key, int hash)
    {
        // The published vectors are signed; what counts is the hash without its sign.
        Assert.Equal((int)((uint)hash & 0x7fffffff) % Topics.Partitions, Partitioning.Of(key));
    }
}
