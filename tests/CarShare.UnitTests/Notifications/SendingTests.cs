using CarShare.Notifications.Channels;
using CarShare.Notifications.Domain;
using CarShare.Notifications.Features;

namespace CarShare.UnitTests.Notifications;

public sealed class SendingTests
{
    [Fact]
    public void Waits_double_up_to_the_longest_and_end_after_the_last_attempt()
    {
        var plan = new SenderOptions().Plan;

        Assert.Equal([1, 2, 4, 8], Enumerable.Range(1, 4).Select(failures => plan.After(failures)!.Value.TotalSeconds));
        Assert.Equal(TimeSpan.FromMinutes(5), plan.After(10));
        Assert.Equal(TimeSpan.FromMinutes(5), plan.After(19));
        Assert.Null(plan.After(20));
    }

    [Theory]
    [InlineData("alice", "alice@cars.test")]
    [InlineData("alice@home.test", "alice@home.test")]
    public void A_customer_id_is_a_mail_address_or_becomes_one(string customerId, string address) =>
        Assert.Equal(address, SmtpChannel.RecipientOf(customerId, "cars.test").Address);

    [Theory]
    [InlineData("alice <mallory@evil.test>")]
    [InlineData("alice@home.test, mallory@evil.test")]
    [InlineData("alice, bob")]
    [InlineData("two words")]
    public void A_customer_id_never_reaches_somebody_else(string customerId) =>
        Assert.Throws<UndeliverableException>(() => SmtpChannel.RecipientOf(customerId, "cars.test"));

    [Theory]
    [InlineData(null, "ko")]
    [InlineData("", "ko")]
    [InlineData("en", "en")]
    [InlineData("en-GB,en;q=0.9", "en")]
    [InlineData("de, en;q=0.5, ko;q=0.4", "en")]
    [InlineData("en;q=0.4, ko-KR;q=0.9", "ko")]
    [InlineData("en;q=0, de", "ko")]
    [InlineData("fr", "ko")]
    [InlineData(";;;=", "ko")]
    public void The_language_is_the_one_the_reader_likes_best(string? header, string language) =>
        Assert.Equal(language, Language.Preferred(header));
}
