using System.Globalization;

namespace CarShare.UnitTests.Contracts;

/// <summary>Fully populated instances, the same in every run.</summary>
static class Samples
{
    public static object Of(Type type)
    {
        var count = 0;
        return Of(type, "", ref count);
    }

    static object Of(Type declared, string name, ref int count)
    {
        var type = Nullable.GetUnderlyingType(declared) ?? declared;
        count++;
        if (type == typeof(Guid)) return new Guid(count, 0, 0x7000, [0x80, 0, 0, 0, 0, 0, 0, (byte)count]);
        if (type == typeof(string)) return $"{name} {count}";
        if (type == typeof(DateTimeOffset)) return new DateTimeOffset(2026, 1, count, 9, 30, 0, TimeSpan.Zero);
        if (type == typeof(bool)) return true;
        if (type.IsEnum) return Enum.GetValues(type).GetValue(count % Enum.GetValues(type).Length)!;
        if (type.IsPrimitive || type == typeof(decimal))
            return Convert.ChangeType(count, type, CultureInfo.InvariantCulture);
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
            return List(type.GetGenericArguments()[0], name, ref count);

        // A positional record: the constructor that takes everything.
        var constructor = type.GetConstructors().MaxBy(c => c.GetParameters().Length)
            ?? throw new NotSupportedException($"No sample of {type}.");
        var arguments = new List<object>();
        foreach (var parameter in constructor.GetParameters())
            arguments.Add(Of(parameter.ParameterType, parameter.Name!, ref count));
        return constructor.Invoke([.. arguments]);
    }

    static Array List(Type item, string name, ref int count)
    {
        var list = Array.CreateInstance(item, 2);
        for (var i = 0; i < list.Length; i++) list.SetValue(Of(item, name, ref count), i);
        return list;
    }
}
