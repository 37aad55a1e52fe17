using System.Collections.Concurrent;
using PhantomDb.Functions.Aggregates;

namespace PhantomDb.Functions;

/// <summary>
/// All built-in functions by name, every overload. Each kind is made when it is first looked for, scalar functions theme by theme; one file a theme fills it. Choosing
/// among overloads is the binder's work.
/// </summary>
internal static class FunctionRegistry
{
    private static readonly ConcurrentDictionary<string, IReadOnlyList<ScalarFunction>> Scalars = new();
    private static readonly Lazy<Dictionary<string, IReadOnlyList<AggregateFunction>>> Aggregates = new(() => ByName(AllAggregates(), function => function.Name));
    private static readonly Lazy<Dictionary<string, IReadOnlyList<TableFunction>>> TableFunctions = new(() => ByName(AllTableFunctions(), function => function.Name));
    private static readonly HashSet<string> ScalarNames = [.. FunctionTheme.All.SelectMany(theme => theme.Names)];   // in this order, by which functions have their oids

    /// <summary>Of all functions and operators.</summary>
    public static IEnumerable<string> Names => ScalarNames.Concat(Aggregates.Value.Keys).Concat(TableFunctions.Value.Keys);

    public static IEnumerable<ScalarFunction> AllScalarFunctions => ScalarNames.SelectMany(FindScalars);

    public static IEnumerable<AggregateFunction> AllAggregateFunctions => Aggregates.Value.Values.SelectMany(overloads => overloads);

    public static IEnumerable<TableFunction> AllFunctionsOfTables => TableFunctions.Value.Values.SelectMany(overloads => overloads);

    /// <summary>Functions and operators ("+", "~~") of a name; empty where there are none.</summary>
    public static IReadOnlyList<ScalarFunction> FindScalars(string name)
    {
        if (Scalars.TryGetValue(name, out IReadOnlyList<ScalarFunction>? found))
        {
            return found;
        }
        return ScalarNames.Contains(name)   // names that there are not, which anybody may make up, are not kept
            ? Scalars.GetOrAdd(name, [.. FunctionTheme.All.Where(theme => theme.Names.Contains(name)).SelectMany(theme => theme.Functions).Where(function => function.Name == name)])
            : [];
    }

    public static IReadOnlyList<AggregateFunction> FindAggregates(string name) => Aggregates.Value.GetValueOrDefault(name, []);

    public static IReadOnlyList<TableFunction> FindTableFunctions(string name) => TableFunctions.Value.GetValueOrDefault(name, []);

    private static List<AggregateFunction> AllAggregates()
    {
        var functions = new List<AggregateFunction>();
        CountAggregates.AddTo(functions);
        SumAggregates.AddTo(functions);
        ExtremeAggregates.AddTo(functions);
        BooleanAggregates.AddTo(functions);
        StatisticalAggregates.AddTo(functions);
        StringAggregates.AddTo(functions);
        ArrayAggregateState.AddTo(functions);
        return functions;
    }

    private static List<TableFunction> AllTableFunctions()
    {
        var functions = new List<TableFunction>();
        SeriesFunctions.AddTo(functions);
        ArrayFunctions.AddTo(functions);
        SplitFunctions.AddTo(functions);
        return functions;
    }

    private static Dictionary<string, IReadOnlyList<T>> ByName<T>(IEnumerable<T> functions, Func<T, string> name) =>
        functions.GroupBy(name).ToDictionary(group => group.Key, group => (IReadOnlyList<T>)group.ToArray());
}
