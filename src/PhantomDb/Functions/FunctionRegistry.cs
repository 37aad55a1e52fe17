using PhantomDb.Functions.Aggregates;

namespace PhantomDb.Functions;

/// <summary>
/// All built-in functions by name, every overload. Made once; one file a theme fills it. Choosing among overloads is the
/// binder's work.
/// </summary>
internal static class FunctionRegistry
{
    private static readonly Dictionary<string, IReadOnlyList<ScalarFunction>> Scalars = ByName(AllScalars(), function => function.Name);
    private static readonly Dictionary<string, IReadOnlyList<AggregateFunction>> Aggregates = ByName(AllAggregates(), function => function.Name);
    private static readonly Dictionary<string, IReadOnlyList<TableFunction>> TableFunctions = ByName(AllTableFunctions(), function => function.Name);

    /// <summary>Functions and operators ("+", "~~") of a name; empty where there are none.</summary>
    public static IReadOnlyList<ScalarFunction> FindScalars(string name) => Scalars.GetValueOrDefault(name, []);

    public static IReadOnlyList<AggregateFunction> FindAggregates(string name) => Aggregates.GetValueOrDefault(name, []);

    public static IReadOnlyList<TableFunction> FindTableFunctions(string name) => TableFunctions.GetValueOrDefault(name, []);

    /// <summary>Of all functions and operators.</summary>
    public static IEnumerable<string> Names => Scalars.Keys.Concat(Aggregates.Keys).Concat(TableFunctions.Keys);

    public static IEnumerable<ScalarFunction> AllScalarFunctions => Scalars.Values.SelectMany(overloads => overloads);

    public static IEnumerable<AggregateFunction> AllAggregateFunctions => Aggregates.Values.SelectMany(overloads => overloads);

    public static IEnumerable<TableFunction> AllFunctionsOfTables => TableFunctions.Values.SelectMany(overloads => overloads);

    private static List<ScalarFunction> AllScalars()
    {
        var functions = new List<ScalarFunction>();
        ArithmeticFunctions.AddTo(functions);
        NumericArithmetic.AddTo(functions);
        TextFunctions.AddTo(functions);
        PatternFunctions.AddTo(functions);
        QuotingFunctions.AddTo(functions);
        MathFunctions.AddTo(functions);
        DateTimeFunctions.AddTo(functions);
        SystemFunctions.AddTo(functions);
        CatalogFunctions.AddTo(functions);
        ArrayFunctions.AddTo(functions);
        ExtremeFunctions.AddTo(functions);
        FormattingFunctions.AddTo(functions);
        ByteaFunctions.AddTo(functions);
        DegreeFunctions.AddTo(functions);
        OverlapFunctions.AddTo(functions);
        RegexFunctions.AddTo(functions);
        UnicodeFunctions.AddTo(functions);
        return functions;
    }

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
