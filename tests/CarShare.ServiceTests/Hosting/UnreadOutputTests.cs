using System.Net;
using CarShare.ServiceTests.Notifications;
using CarShare.Tests;

namespace CarShare.ServiceTests.Hosting;

/// <summary>What a process writes goes through a pipe that somebody else has to empty.</summary>
public sealed class UnreadOutputTests(NotificationsFixture service) : IClassFixture<NotificationsFixture>
{
    // Some lines each: more than the pipe and the logger's queue hold.
    const int Requests = 2_000;

    [Fact]
    public async Task A_service_whose_output_nobody_reads_goes_on_answering()
    {
        var port = ChildProcess.FreePort();
        await using var unread = await service.StartProcess(
            "unread", port, isRead: false, ("Logging:LogLevel:Default", "Trace"),
            ("Logging:LogLevel:Microsoft.AspNetCore", "Trace"));
        using var http = new HttpClient
        {
            BaseAddress = new($"http://127.0.0.1:{port}"),
            Timeout = TimeSpan.FromSeconds(20),
        };

        await Parallel.ForAsync(0, Requests, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (_, ct) =>
        {
            using var answer = await http.GetAsync("/alive", ct);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        });
    }
}
