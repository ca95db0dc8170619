using System.Collections.Concurrent;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace CarShare.ServiceDefaults.Requests;

/// <summary>What an endpoint reads of a request, from the signature of its handler; all else is not for it.</summary>
sealed class Inputs
{
    static readonly ConcurrentDictionary<Endpoint, Inputs> Known = new();

    readonly Dictionary<string, Type> _query = new(StringComparer.Ordinal),
        _path = new(StringComparer.OrdinalIgnoreCase);

    /// <param name="metadata">The endpoint's.</param>
    /// <param name="path">Its pattern.</param>
    internal Inputs(IEnumerable<object> metadata, string path)
    {
        Body = metadata.OfType<IAcceptsMetadata>().LastOrDefault();
        RequiresKey = metadata.OfType<Idempotency.KeyRequired>().Any();
        IsIdempotent = metadata.OfType<Idempotency.NaturallyIdempotent>().Any();
        HonoursKey = RequiresKey || IsIdempotent;
        if (metadata.OfType<MethodInfo>().LastOrDefault() is not { } handler) return;
        foreach (var (name, type, attributes) in handler.GetParameters().SelectMany(Expand))
        {
            if (attributes.OfType<IFromHeaderMetadata>().Any(header => header.Name == HeaderNames.IfMatch))
                HonoursIfMatch = true;
            if (type == typeof(IdempotencyKey)
                || attributes.OfType<IFromHeaderMetadata>().Any(header => header.Name == Idempotency.Header))
                HonoursKey = true;
            if (attributes.Any(a => a is IFromServiceMetadata or IFromHeaderMetadata or IFromBodyMetadata)
                || !Literals.Include(type))
                continue;
            var plain = Nullable.GetUnderlyingType(type) ?? type;
            if (attributes.OfType<IFromQueryMetadata>().FirstOrDefault() is { } query)
                _query[query.Name ?? name] = plain;
            else if (Regex.IsMatch(path, $@"\{{\**{name}\W", RegexOptions.IgnoreCase)) _path[name] = plain;
            else _query[name] = plain;
        }
    }

    /// <summary>By the names of the query's parameters.</summary>
    public IReadOnlyDictionary<string, Type> Query => _query;

    /// <summary>By the names of the path's parameters.</summary>
    public IReadOnlyDictionary<string, Type> Path => _path;

    /// <summary>The handler takes the condition and asks it before it changes anything.</summary>
    public bool HonoursIfMatch { get; }

    /// <summary>Repeats under one key have one effect.</summary>
    public bool HonoursKey { get; }

    /// <summary>So have repeats under another key, or none: it is kept without being stored.</summary>
    public bool IsIdempotent { get; }

    /// <summary>The key must be there.</summary>
    public bool RequiresKey { get; }

    /// <summary>Null where no body is read.</summary>
    public IAcceptsMetadata? Body { get; }

    public static Inputs Of(Endpoint endpoint) => Known.GetOrAdd(
        endpoint, found => new(found.Metadata, (found as RouteEndpoint)?.RoutePattern.RawText ?? ""));

    static IEnumerable<(string Name, Type Type, object[] Attributes)> Expand(ParameterInfo parameter)
    {
        if (!parameter.IsDefined(typeof(AsParametersAttribute)))
            return [(parameter.Name!, parameter.ParameterType, parameter.GetCustomAttributes(inherit: true))];
        return parameter.ParameterType.GetProperties().Where(property => property.CanWrite)
            .Select(property => (property.Name, property.PropertyType, property.GetCustomAttributes(inherit: true)));
    }
}
