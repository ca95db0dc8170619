using System.Buffers.Binary;
using System.Text;

namespace CarShare.Contracts;

/// <summary>
/// Which partition a key belongs to: the murmur2 hash that Kafka's own clients use, over the number of partitions
/// agreed on. The relay names the partition itself, so that no stale count of a client puts one key in two places; the
/// feed answers by the same rule.
/// </summary>
public static class Partitioning
{
    const uint Seed = 0x9747b28c, M = 0x5bd1e995;

    /// <summary>The partition of this key.</summary>
    public static int Of(string key) => (int)((Murmur2(Encoding.UTF8.GetBytes(key)) & 0x7fffffff) % Topics.Partitions);

    static uint Murmur2(ReadOnlySpan<byte> data)
    {
        unchecked
        {
            var hash = Seed ^ (uint)data.Length;
            for (; data.Length >= 4; data = data[4..])
            {
                var k = BinaryPrimitives.ReadUInt32LittleEndian(data) * M;
                hash = (hash * M) ^ ((k ^ (k >> 24)) * M);
            }

            if (data.Length > 2) hash ^= (uint)data[2] << 16;
            if (data.Length > 1) hash ^= (uint)data[1] << 8;
            if (data.Length > 0) hash = (hash ^ data[0]) * M;
            hash = (hash ^ (hash >> 13)) * M;
            return hash ^ (hash >> 15);
        }
    }
}
