using System.Globalization;

namespace CarShare.AppHost;

/// <summary>One process of a resource, as far as self-healing has to know it.</summary>
sealed class WatchedInstance(IResource resource, TimeProvider clock)
{
    /// <summary>
    /// How long a probe may take. On a machine that compiles and tests beside it, a good process is sometimes slow.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    const int MostMisses = 4;

    // The first restart comes at once, but for a moment in which somebody who ended the process may start it himself.
    static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.25), LongestPause = TimeSpan.FromMinutes(1),
        Settled = TimeSpan.FromMinutes(2);

    // A start on a busy machine takes long, but not for ever: a process may hang before it has answered once.
    static readonly TimeSpan LongestStart = TimeSpan.FromMinutes(1);

    CustomResourceSnapshot? _snapshot;
    long _begun, _ended, _restarted;
    int _restarts, _misses;
    bool _told, _answered;

    public int? ExitCode => _snapshot?.ExitCode;

    /// <summary>It ended by itself, and not well.</summary>
    public bool HasCrashed => !_told && IsEnded(_snapshot) && ExitCode is not (null or 0);

    public void See(CustomResourceSnapshot snapshot)
    {
        var (before, now) = (_snapshot, snapshot.State?.Text);
        if (now == KnownResourceStates.Stopping) _told = true;
        if (IsEnded(snapshot) && !IsEnded(before)) _ended = clock.GetTimestamp();
        if (snapshot.Pid() is { } pid && pid != before.Pid())
            (_misses, _answered, _told, _begun) = (0, false, false, clock.GetTimestamp());
        _snapshot = snapshot;
    }

    /// <summary>True once per end, after a pause that doubles while the process keeps ending.</summary>
    public bool MayRestart()
    {
        if (_restarts > 0 && clock.GetElapsedTime(_restarted, _ended) > Settled) _restarts = 0;
        var pause = FirstPause * Math.Pow(2, Math.Min(_restarts, 10));
        if (clock.GetElapsedTime(Math.Max(_ended, _restarted)) < (pause < LongestPause ? pause : LongestPause))
            return false;
        _restarts++;
        _restarted = clock.GetTimestamp();
        return true;
    }

    /// <summary>
    /// True after the fourth miss in a row of a process that has answered before, or has had its time to begin.
    /// </summary>
    public async Task<bool> Hangs(HttpClient http, CancellationToken ct)
    {
        if (_snapshot?.State?.Text != KnownResourceStates.Running || LivenessAddress() is not { } address) return false;
        var pid = _snapshot.Pid();
        var alive = await Answers(http, address, ct);
        if (pid != _snapshot.Pid()) return false;   // another process by now
        _answered |= alive;
        var isStarting = !_answered && clock.GetElapsedTime(_begun) < LongestStart;
        _misses = alive || isStarting ? 0 : _misses + 1;
        return _misses >= MostMisses;
    }

    public void Kill()
    {
        _misses = 0;
        if (_snapshot.Pid() is { } pid) InstanceProcess.Kill(pid);
    }

    static async Task<bool> Answers(HttpClient http, Uri address, CancellationToken ct)
    {
        try
        {
            using var answer = await http.GetAsync(address, ct);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e)
            when (e is HttpRequestException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return false;
        }
    }

    /// <summary>
    /// The process's own: replicas share the address that others see. Null where there is no liveness probe.
    /// </summary>
    Uri? LivenessAddress()
    {
        var probe = resource.Annotations.OfType<EndpointProbeAnnotation>()
            .FirstOrDefault(p => p.Type == ProbeType.Liveness);
        if (probe is null) return null;
        if (Variable(Services.ManagementPort) is { } port)
            return new UriBuilder(
                Uri.UriSchemeHttp, "localhost", int.Parse(port, CultureInfo.InvariantCulture), probe.Path).Uri;
        return Variable("ASPNETCORE_URLS")?.Split(';')[0] is { } url ? new(new Uri(url), probe.Path) : null;
    }

    string? Variable(string name) => _snapshot?.EnvironmentVariables.FirstOrDefault(v => v.Name == name)?.Value;

    static bool IsEnded(CustomResourceSnapshot? snapshot) =>
        KnownResourceStates.TerminalStates.Contains(snapshot?.State?.Text ?? "");
}
