using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace PhantomDb.Tests.Architecture;

/// <summary>
/// Writes the public surface of an assembly as lines of text, near to C#. Nullable annotations, attributes and generic
/// constraints are left out, and so is what the compiler adds to records.
/// </summary>
internal static class PublicApi
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>A line for each public type and member, types in order of their names, members after their type.</summary>
    public static IEnumerable<string> Describe(Assembly assembly) =>
        assembly.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal).SelectMany(Describe);

    public static IEnumerable<string> Describe(Type type)
    {
        if (type.IsSubclassOf(typeof(Delegate)))
        {
            MethodInfo invoke = type.GetMethod("Invoke")!;
            return [$"delegate {Name(invoke.ReturnType)} {Name(type)}({Parameters(invoke.GetParameters())})"];
        }

        IEnumerable<string> members = type.GetMembers(Declared)
            .Where(member => !member.IsDefined(typeof(CompilerGeneratedAttribute)))
            .Select(DescribeMember)
            .OfType<string>()
            .Order(StringComparer.Ordinal);
        return [Header(type), .. members];
    }

    private static string Header(Type type)
    {
        string kind = type switch
        {
            { IsInterface: true } => "interface",
            { IsEnum: true } => "enum",
            { IsValueType: true } => type.IsDefined(typeof(IsReadOnlyAttribute)) ? "readonly struct" : "struct",
            { IsAbstract: true, IsSealed: true } => "static class",
            { IsAbstract: true } => "abstract class",
            { IsSealed: true } => "sealed class",
            _ => "class",
        };
        List<string> bases = type.IsEnum
            ? [Name(type.GetEnumUnderlyingType())]
            : [.. type.GetInterfaces().Except(type.BaseType?.GetInterfaces() ?? []).Where(item => item.IsVisible).Select(Name).Order(StringComparer.Ordinal)];
        if (!type.IsValueType && type.BaseType is { } parent && parent != typeof(object))
        {
            bases.Insert(0, Name(parent));
        }

        return $"{kind} {Name(type)}{(bases.Count > 0 ? " : " : "")}{string.Join(", ", bases)}";
    }

    private static string? DescribeMember(MemberInfo member) => member switch
    {
        FieldInfo field => DescribeField(field),
        PropertyInfo property => DescribeProperty(property),
        EventInfo { AddMethod: { } add } item when IsVisible(add) =>
            $"{Modifiers(add)}event {Name(item.EventHandlerType!)} {Name(item.DeclaringType!)}.{item.Name}",
        ConstructorInfo { IsStatic: false } constructor when IsVisible(constructor) =>
            $"{Modifiers(constructor)}{Name(constructor.DeclaringType!)}.{SimpleName(constructor.DeclaringType!)}({Parameters(constructor.GetParameters())})",
        MethodInfo method when IsVisible(method) && (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal)) =>
            $"{Modifiers(method)}{Name(method.ReturnType)} {Name(method.DeclaringType!)}.{method.Name}"
            + $"{GenericArguments(method.GetGenericArguments())}({Parameters(method.GetParameters())})",
        _ => null,   // nested types have entries of their own; accessors belong to their property or event
    };

    private static string? DescribeField(FieldInfo field)
    {
        if (!(field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly) || field.IsSpecialName)
        {
            return null;
        }

        string name = $"{Name(field.DeclaringType!)}.{field.Name}";
        if (field.DeclaringType!.IsEnum)
        {
            return $"{name} = {Convert.ToString(field.GetRawConstantValue(), CultureInfo.InvariantCulture)}";
        }

        string modifiers = (field.IsPublic ? "" : "protected ") + field switch
        {
            { IsLiteral: true } => "const ",
            { IsStatic: true, IsInitOnly: true } => "static readonly ",
            { IsStatic: true } => "static ",
            { IsInitOnly: true } => "readonly ",
            _ => "",
        };
        return $"{modifiers}{Name(field.FieldType)} {name}{(field.IsLiteral ? $" = {Literal(field.GetRawConstantValue())}" : "")}";
    }

    private static string? DescribeProperty(PropertyInfo property)
    {
        MethodInfo[] accessors = [.. property.GetAccessors(nonPublic: true).Where(IsVisible)];
        if (accessors.Length == 0)
        {
            return null;
        }

        MethodInfo widest = accessors.FirstOrDefault(accessor => accessor.IsPublic) ?? accessors[0];
        IEnumerable<string> words = accessors.Select(accessor =>
            $"{(accessor.IsPublic == widest.IsPublic ? "" : "protected ")}{AccessorWord(property, accessor)};");
        ParameterInfo[] index = property.GetIndexParameters();
        string name = index.Length > 0 ? $"this[{Parameters(index)}]" : property.Name;
        return $"{Modifiers(widest)}{Name(property.PropertyType)} {Name(property.DeclaringType!)}.{name} {{ {string.Join(' ', words)} }}";
    }

    private static string AccessorWord(PropertyInfo property, MethodInfo accessor)
    {
        if (accessor == property.GetMethod)
        {
            return "get";
        }

        return accessor.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? "init" : "set";
    }

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Modifiers(MethodBase method)
    {
        string access = method.IsPublic ? "" : "protected ";
        if (method.DeclaringType!.IsInterface && !method.IsStatic)
        {
            return access;
        }

        return access + method switch
        {
            { IsStatic: true } => "static ",
            { IsVirtual: true } when !method.Attributes.HasFlag(MethodAttributes.NewSlot) => "override ",
            { IsAbstract: true } => "abstract ",
            { IsVirtual: true, IsFinal: false } => "virtual ",
            _ => "",   // a sealed method that implements an interface is no more than that to a caller
        };
    }

    private static string Parameters(ParameterInfo[] parameters) => string.Join(", ", parameters.Select(parameter =>
    {
        Type type = parameter.ParameterType;
        string modifier = parameter switch
        {
            { IsOut: true } => "out ",
            { IsIn: true } when type.IsByRef => "in ",
            _ when type.IsByRef => "ref ",
            _ when parameter.IsDefined(typeof(ParamArrayAttribute)) || parameter.IsDefined(typeof(ParamCollectionAttribute)) => "params ",
            _ => "",
        };
        string value = parameter.HasDefaultValue ? $" = {Literal(parameter.RawDefaultValue)}" : "";
        return $"{modifier}{Name(type.IsByRef ? type.GetElementType()! : type)} {parameter.Name}{value}";
    }));

    private static string Literal(object? value) => value switch
    {
        null => "null",
        string text => $"\"{text}\"",
        char character => $"'{character}'",
        bool truth => truth ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static string Name(Type type)
    {
        if (type.IsByRef)
        {
            return $"ref {Name(type.GetElementType()!)}";
        }

        if (type.IsArray)
        {
            return $"{Name(type.GetElementType()!)}[{new string(',', type.GetArrayRank() - 1)}]";
        }

        if (type.IsPointer)
        {
            return $"{Name(type.GetElementType()!)}*";
        }

        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return $"{Name(underlying)}?";
        }

        if (type.IsGenericParameter)
        {
            return type.Name;
        }

        if (type.IsConstructedGenericType && type.IsAssignableTo(typeof(ITuple)) && type.IsValueType)
        {
            return $"({string.Join(", ", type.GetGenericArguments().Select(Name))})";
        }

        return Keyword(type) ?? QualifiedName(type);
    }

    /// <summary>
    /// The name with its outer types and generic arguments; the namespace only where it is ours, since names such as
    /// Action or CancellationToken are clear without.
    /// </summary>
    private static string QualifiedName(Type type)
    {
        Type[] arguments = type.GetGenericArguments();
        int outerCount = 0;
        string prefix = "";
        if (type.DeclaringType is { } outer)
        {
            outerCount = outer.GetGenericArguments().Length;
            Type constructed = outerCount > 0 ? outer.MakeGenericType(arguments[..outerCount]) : outer;
            prefix = $"{Name(constructed)}.";
        }
        else if (type.Namespace is { } space && (space == "PhantomDb" || space.StartsWith("PhantomDb.", StringComparison.Ordinal)))
        {
            prefix = $"{space}.";
        }

        return $"{prefix}{SimpleName(type)}{GenericArguments(arguments[outerCount..])}";
    }

    private static string SimpleName(Type type) => type.Name.Split('`')[0];

    private static string GenericArguments(Type[] arguments) =>
        arguments.Length == 0 ? "" : $"<{string.Join(", ", arguments.Select(Name))}>";

    private static string? Keyword(Type type) => type.IsEnum ? null : Type.GetTypeCode(type) switch
    {
        TypeCode.Boolean => "bool",
        TypeCode.Byte => "byte",
        TypeCode.SByte => "sbyte",
        TypeCode.Int16 => "short",
        TypeCode.UInt16 => "ushort",
        TypeCode.Int32 => "int",
        TypeCode.UInt32 => "uint",
        TypeCode.Int64 => "long",
        TypeCode.UInt64 => "ulong",
        TypeCode.Single => "float",
        TypeCode.Double => "double",
        TypeCode.Decimal => "decimal",
        TypeCode.Char => "char",
        TypeCode.String => "string",
        _ when type == typeof(object) => "object",
        _ when type == typeof(void) => "void",
        _ => null,
    };
}
