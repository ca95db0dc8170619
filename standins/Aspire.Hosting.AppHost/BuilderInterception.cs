using System.Reflection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

/// <summary>How the testing package gets hold of the builder an AppHost's entry point makes; flows with the thread that runs it.</summary>
sealed class BuilderInterception
{
    static readonly AsyncLocal<BuilderInterception?> Flowing = new();

    public static BuilderInterception? Current
    {
        get => Flowing.Value;
        set => Flowing.Value = value;
    }

    public required Assembly EntryPoint { get; init; }
    public required Action<HostApplicationBuilderSettings, string> Configure { get; init; }
    public required Action<DistributedApplicationBuilder> Building { get; init; }
    public required Action<DistributedApplication> Built { get; init; }
}
