using System.Diagnostics;
using CarShare.Tests;

namespace CarShare.SystemTests;

/// <summary>The AppHost, started by itself with something its owner can put right: one line, and no stack.</summary>
public sealed class AppHostMistakeTests : IDisposable
{
    readonly string _data = ChildProcess.DataFolder("carshare-mistake-");

    [Theory]
    [InlineData("CARSHARE_INFRA=podman", "CARSHARE_INFRA is 'podman': it may be 'containers' or 'local'.")]
    [InlineData("CARSHARE_PORTS=any", "CARSHARE_PORTS is 'any': it may be 'fixed' or 'free'.")]
    [InlineData("CARSHARE_HEAL=yes", "CARSHARE_HEAL is 'yes': it may be 'on' or 'off'.")]
    [InlineData("CARSHARE_DASHBOARD=no", "CARSHARE_DASHBOARD is 'no': it may be 'on' or 'off'.")]
    [InlineData("CARSHARE_DATA=/proc/nobody", "/proc/nobody cannot be ")]
    [InlineData("CARSHARE_DATA=/dev/null", "set CARSHARE_DATA to another folder")]
    [InlineData("CARSHARE_LOGS=/proc/nobody", "set CARSHARE_LOGS to a")]
    [InlineData("Replicas:stocks=two", "Replicas:stocks is 'two': it may be a number from 1.")]
    [InlineData("Replicas:orders=0", "Replicas:orders is '0'")]
    [InlineData("Replicas:stoks=2", "Replicas:stoks names no resource that has them: customerpages, deliveries")]
    [InlineData("Replicas:migrations=2", "Replicas:migrations names no resource that has them")]
    [InlineData("Replicas:kafka=2", "Replicas:kafka is '2': it may be 1, or 3")]
    [InlineData("Settings:order:KEY=1", "Settings:order names no resource that has them: customerpages")]
    public async Task Is_told_in_one_line(string given, string sentence) => await IsTold(given, sentence);

    [Fact]
    public async Task A_second_system_on_the_same_data_is_told_in_one_line_also_before_the_first_is_named()
    {
        await using var held = new FileStream(
            Path.Combine(_data, "apphost.lock"), FileMode.Create, FileAccess.ReadWrite, FileShare.None);
        await IsTold("CARSHARE_INFRA=local", $"CarShare already runs on {_data} (process unknown)");
        await File.WriteAllTextAsync(
            Path.Combine(_data, "apphost.pid"), "42\n/logs\n", TestContext.Current.CancellationToken);
        await IsTold("CARSHARE_INFRA=local", $"runs on {_data} (process 42): ./carshare down stops it.");
    }

    [Theory]
    [InlineData("apphost.pid")]
    [InlineData("secrets.new")]
    public async Task A_full_disk_is_told_for_what_it_is(string file)
    {
        File.CreateSymbolicLink(Path.Combine(_data, file), "/dev/full");
        await IsTold("CARSHARE_INFRA=local", "No space left on device");
    }

    public void Dispose() => Directory.Delete(_data, recursive: true);

    async Task IsTold(string given, string sentence)
    {
        var program = Path.Combine(ChildProcess.RepositoryRoot, "CarShare.AppHost/bin", ChildProcess.Configuration,
            "net10.0/CarShare.AppHost");
        var start = new ProcessStartInfo(
            program, [$"--CARSHARE_DATA={_data}", "--CARSHARE_INFRA=local", "--CARSHARE_PORTS=free", $"--{given}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _data,
        };
        using var appHost = Process.Start(start)!;
        var (output, errors) = (appHost.StandardOutput.ReadToEndAsync(), appHost.StandardError.ReadToEndAsync());
        await appHost.WaitForExitAsync(TestContext.Current.CancellationToken);
        var line = Assert.Single((await output + await errors).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("carshare: ", line, StringComparison.Ordinal);
        Assert.Contains(sentence, line, StringComparison.Ordinal);
        Assert.Equal(1, appHost.ExitCode);
    }
}
