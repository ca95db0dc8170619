using System.Text.RegularExpressions;
using CarShare.DeploymentTests.Infrastructure;

namespace CarShare.DeploymentTests.Pipeline;

/// <summary>What is nobody else's business is not in the repository.</summary>
public sealed partial class RepositoryTests
{
    static readonly string[] Texts =
    [
        "*.cs", "*.csproj", "*.props", "*.json", "*.y*ml", "*.bicep", "*.sh", "*.md", "*.env", "*.properties",
        "*.http", "carshare",
    ];

    [Fact]
    public async Task No_secret_subscription_or_host_of_anybodys_is_in_the_repository()
    {
        foreach (var file in await Tool.Files(Texts))
        {
            // this one has the examples below
            if (file.EndsWith("RepositoryTests.cs", StringComparison.Ordinal)) continue;
            var path = Path.Combine(Tool.Root, file);
            var found = Private().Match(await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));
            Assert.False(found.Success, $"{file}: {found.Value}");
        }
    }

    [Theory]
    [InlineData("/subscriptions/0f3b1c52-8d0e-4f7a-9a51-2b6c7d8e9f10/resourceGroups/x")]
    [InlineData("AZURE_SUBSCRIPTION_ID: 0f3b1c52-8d0e-4f7a-9a51-2b6c7d8e9f10")]
    [InlineData("\"tenantId\": \"0f3b1c52-8d0e-4f7a-9a51-2b6c7d8e9f10\"")]
    [InlineData("Host=carshare-x1.postgres.database.azure.com")]
    [InlineData("https://gateway.wonderfulsea-12ab34cd.koreacentral.azurecontainerapps.io")]
    [InlineData("Endpoint=sb://x/;SharedAccessKeyName=a;SharedAccessKey=c2VjcmV0c2VjcmV0c2VjcmV0")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----")]
    [InlineData("ghp_0123456789abcdefghijABCDEFGHIJ012345")]
    public void What_must_not_be_there_is_found(string text) => Assert.Matches(Private(), text);

    [Theory]
    [InlineData("privatelink.postgres.database.azure.com")]
    [InlineData("${namespace.name}.servicebus.windows.net:9093")]
    [InlineData("AZURE_SUBSCRIPTION_ID: ${{ vars.AZURE_SUBSCRIPTION_ID }}")]
    public void What_says_nothing_about_anybody_is_not(string text) => Assert.DoesNotMatch(Private(), text);

    [GeneratedRegex(
        """
        /subscriptions/[0-9a-f]{8}-|
        (subscription|tenant|client)_?id\W{1,6}[0-9a-f]{8}-[0-9a-f]{4}-|
        (?<![\w.-])(?!privatelink)[\w-]+(\.[\w-]+)*\.
            (postgres\.database\.azure\.com|redis\.azure\.net|servicebus\.windows\.net|
            azurecontainerapps\.io|azurecr\.io|vault\.azure\.net)|
        (Shared)?AccessKey=[\w+/]{16}|
        -----BEGIN\s[A-Z ]*PRIVATE\sKEY|
        \bgh[pousr]_\w{30}
        """, RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Private();
}
