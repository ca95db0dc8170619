using System.Text.Json;
using CarShare.Contracts;
using CarShare.Messaging;
using CsCheck;

namespace CarShare.UnitTests.Messaging;

public sealed class TolerantReadingTests
{
    [Fact]
    public void A_reason_this_build_does_not_know_is_kept_and_is_none_of_the_known_ones()
    {
        var before = EventJson.UnknownValues;
        var read = JsonSerializer.Deserialize<CancelReason>("\"Weather\"", EventJson.Options);
        Assert.False(Enum.IsDefined(read));
        Assert.NotEqual(read, JsonSerializer.Deserialize<CancelReason>("\"Strike\"", EventJson.Options));
        Assert.Equal(read, JsonSerializer.Deserialize<CancelReason>("\"Weather\"", EventJson.Options));
        Assert.Equal("\"Weather\"", JsonSerializer.Serialize(read, EventJson.Options));
        Assert.True(EventJson.UnknownValues >= before + 3);
    }

    [Fact]
    public void A_known_value_is_read_in_any_case_and_written_as_declared()
    {
        Assert.Equal(
            CancelReason.Operator, JsonSerializer.Deserialize<CancelReason>("\"operator\"", EventJson.Options));
        Assert.Equal("\"Operator\"", JsonSerializer.Serialize(CancelReason.Operator, EventJson.Options));
        foreach (var wrong in (string[])["3", "null", "\"\"", "{}"])
            Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<CancelReason>(wrong, EventJson.Options));
    }

    [Fact]
    public void Names_without_end_do_not_fill_the_memory()
    {
        for (var i = 0; i < 1_000; i++) JsonSerializer.Deserialize<DeliveryStatus>($"\"Name{i}\"", EventJson.Options);
        Assert.Equal(
            JsonSerializer.Deserialize<DeliveryStatus>("\"Name998\"", EventJson.Options),
            JsonSerializer.Deserialize<DeliveryStatus>("\"Name999\"", EventJson.Options));
    }

    [Fact]
    public void Whatever_text_an_event_holds_can_be_stored()
    {
        Gen.String[Gen.Char, 0, 200].Sample(text =>
        {
            var stored = DeadLetter.Storable(text);
            Assert.DoesNotContain('\0', stored);
            Assert.Equal(stored, System.Text.Encoding.UTF8.GetString(
                new System.Text.UTF8Encoding(false, true).GetBytes(stored)));
        });
        Assert.Equal("a\uFFFDb", DeadLetter.Storable("a\0b"));
        Assert.Equal("\uFFFD", DeadLetter.Storable("\uD800"));
        Assert.Equal(8_000, DeadLetter.Storable(new string('x', 100_000)).Length);
        Assert.Null(DeadLetter.Storable(null));
    }
}
