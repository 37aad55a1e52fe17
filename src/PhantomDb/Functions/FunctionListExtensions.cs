using PhantomDb.Types;

namespace PhantomDb.Functions;

/// <summary>Short forms for entering functions whose types are fixed: most of them.</summary>
internal static class FunctionListExtensions
{
    /// <summary>A strict, immutable function that cannot throw.</summary>
    public static void Add(this List<ScalarFunction> functions, string name, SqlType result, SqlType[] parameters, ScalarKernel kernel) =>
        functions.Add(new BoundScalarFunction(name, result, parameters, kernel));

    /// <summary>A strict, immutable function that can throw.</summary>
    public static void Fallible(this List<ScalarFunction> functions, string name, SqlType result, SqlType[] parameters, ScalarKernel kernel) =>
        functions.Add(new BoundScalarFunction(name, result, parameters, kernel) { IsFallible = true });

    /// <summary>A function that is the same for all actual arguments.</summary>
    public static void Add(this List<ScalarFunction> functions, BoundScalarFunction bound) =>
        functions.Add(new ScalarFunction(bound.Name, bound.ArgumentTypes.Select(type => type.Id).ToArray(), _ => bound));
}
