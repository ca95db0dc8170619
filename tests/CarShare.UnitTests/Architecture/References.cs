using System.Reflection;
using System.Reflection.Emit;

namespace CarShare.UnitTests.Architecture;

/// <summary>
/// Every type that a type mentions: bases, members, attributes, and what the instructions of its methods touch.
/// </summary>
static class References
{
    const BindingFlags Own = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance
        | BindingFlags.DeclaredOnly;

    static readonly Dictionary<short, OpCode> Codes =
        typeof(OpCodes).GetFields().Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value);

    public static IReadOnlySet<Type> Of(Type type) => Mentioned(type).OfType<Type>().SelectMany(Parts).ToHashSet();

    static IEnumerable<Type?> Mentioned(Type type)
    {
        yield return type.BaseType;
        foreach (var contract in type.GetInterfaces()) yield return contract;
        foreach (var constraint in type.GetGenericArguments()
            .Where(a => a.IsGenericParameter).SelectMany(a => a.GetGenericParameterConstraints()))
            yield return constraint;
        foreach (var attribute in Attributes(type)) yield return attribute;
        foreach (var member in type.GetMembers(Own).Where(member => member is not Type))
        {
            foreach (var attribute in Attributes(member)) yield return attribute;
            if (member is FieldInfo field) yield return field.FieldType;
            if (member is not MethodBase method) continue;
            if (method is MethodInfo { ReturnType: var result }) yield return result;
            foreach (var parameter in method.GetParameters()) yield return parameter.ParameterType;
            foreach (var mentioned in Body(method)) yield return mentioned;
        }
    }

    static IEnumerable<Type?> Body(MethodBase method)
    {
        if (method.GetMethodBody() is not { } body || body.GetILAsByteArray() is not { } instructions) yield break;
        foreach (var local in body.LocalVariables) yield return local.LocalType;
        foreach (var clause in body.ExceptionHandlingClauses)
            yield return clause.Flags == ExceptionHandlingClauseOptions.Clause ? clause.CatchType : null;

        for (var at = 0; at < instructions.Length;)
        {
            var code = Codes[instructions[at] == 0xFE ? (short)(0xFE00 | instructions[++at]) : instructions[at]];
            at++;
            if (code.OperandType is OperandType.InlineMethod or OperandType.InlineField or OperandType.InlineType
                or OperandType.InlineTok)
                foreach (var mentioned in Touched(method, BitConverter.ToInt32(instructions, at)))
                    yield return mentioned;
            at += Size(code.OperandType, instructions, at);
        }
    }

    static IEnumerable<Type?> Touched(MethodBase method, int token)
    {
        var member = method.Module.ResolveMember(
            token, method.DeclaringType is { IsGenericType: true } type ? type.GetGenericArguments() : null,
            method.IsGenericMethod ? method.GetGenericArguments() : null);
        yield return member as Type ?? member?.DeclaringType;
        if (member is FieldInfo field) yield return field.FieldType;
        if (member is not MethodBase called) yield break;
        if (called is MethodInfo { ReturnType: var result }) yield return result;
        foreach (var parameter in called.GetParameters()) yield return parameter.ParameterType;
        if (called.IsGenericMethod)
            foreach (var argument in called.GetGenericArguments()) yield return argument;
    }

    static int Size(OperandType operand, byte[] instructions, int at) => operand switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        OperandType.InlineSwitch => 4 + 4 * BitConverter.ToInt32(instructions, at),
        _ => 4,
    };

    static IEnumerable<Type> Attributes(MemberInfo member) =>
        member.GetCustomAttributesData().Select(attribute => attribute.AttributeType);

    static IEnumerable<Type> Parts(Type type)
    {
        if (type.HasElementType) return Parts(type.GetElementType()!);
        return type.IsGenericType ? type.GetGenericArguments().SelectMany(Parts).Append(type) : [type];
    }
}
