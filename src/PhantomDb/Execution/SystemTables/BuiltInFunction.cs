using System.Collections.Frozen;
using System.Globalization;
using PhantomDb.Errors;
using PhantomDb.Functions;
using PhantomDb.Types;

namespace PhantomDb.Execution.SystemTables;

/// <summary>
/// A function of the registry as pg_proc describes it. PostgreSQL's functions have PostgreSQL's oids (Data/functions.txt);
/// others get one from their signature, between 8000 and 9999, which PostgreSQL leaves free. The input and output functions
/// of types are listed too, though they cannot be called: pg_type refers to them.
/// </summary>
internal sealed record BuiltInFunction(int Oid, string Name, IReadOnlyList<int> ArgumentTypes, int ResultType)
{
    private const int FirstOwnOid = 8000;
    private const int OwnOidCount = 2000;
    private const int AnyOid = 2276;

    private static readonly Lazy<IReadOnlyList<BuiltInFunction>> Functions = new(Collect);
    private static readonly Lazy<FrozenDictionary<int, BuiltInFunction>> ByOid =
        new(() => Functions.Value.DistinctBy(function => function.Oid).ToFrozenDictionary(function => function.Oid));
    private static readonly Lazy<ILookup<string, BuiltInFunction>> ByName = new(() => Functions.Value.ToLookup(function => function.Name));

    /// <summary>'f' function, 'a' aggregate.</summary>
    public char Kind { get; init; } = 'f';

    public Volatility Volatility { get; init; } = Volatility.Immutable;

    public bool IsStrict { get; init; } = true;

    public bool ReturnsSet { get; init; }

    public bool IsVariadic { get; init; }

    public static IReadOnlyList<BuiltInFunction> All => Functions.Value;

    public static BuiltInFunction? Find(int oid) => ByOid.Value.GetValueOrDefault(oid);

    public static IEnumerable<BuiltInFunction> Find(string name) => ByName.Value[name];

    public string Arguments => string.Join(", ", ArgumentTypes.Select((type, i) =>
        (IsVariadic && i == ArgumentTypes.Count - 1 ? "VARIADIC " : "") + TypeName(type)));

    public string Result => (ReturnsSet ? "SETOF " : "") + TypeName(ResultType);

    private static string TypeName(int oid) => BuiltInType.Find(oid)?.SqlName ?? oid.ToString(CultureInfo.InvariantCulture);

    private static List<BuiltInFunction> Collect()
    {
        Dictionary<string, (int Oid, int Result)> known = ReadKnown();
        var functions = new List<BuiltInFunction>();
        var taken = new HashSet<int>();
        foreach (ScalarFunction function in FunctionRegistry.AllScalarFunctions.Where(f => char.IsAsciiLetter(f.Name[0])))
        {
            (int result, Volatility volatility, bool isStrict) = Describe(function);
            Add(function.Name, function.Parameters, function.TakesAny, result, 'f', f => f with
            {
                Volatility = volatility, IsStrict = isStrict, IsVariadic = function.IsVariadic,
            });
        }
        foreach (AggregateFunction aggregate in FunctionRegistry.AllAggregateFunctions)
        {
            Add(aggregate.Name, aggregate.TakesStar ? [] : aggregate.Parameters, aggregate.TakesAny, ResultOf(() =>
                aggregate.Bind([.. aggregate.Parameters.Select(SampleType)]).ReturnType), 'a', f => f with { IsStrict = false });
        }
        foreach (TableFunction table in FunctionRegistry.AllFunctionsOfTables)
        {
            Add(table.Name, table.Parameters, false, ResultOf(() => table.Bind([.. table.Parameters.Select(SampleType)]).Columns[0].Type), 'f',
                f => f with { ReturnsSet = true });
        }
        foreach (BuiltInType type in BuiltInType.All.OrderBy(type => type.Oid))
        {
            foreach (string name in new[] { type.Input, type.Output, type.Receive, type.Send })
            {
                if (name != "-" && known.Keys.FirstOrDefault(key => key.StartsWith(name + "(", StringComparison.Ordinal)) is { } key && taken.Add(known[key].Oid))
                {
                    functions.Add(new BuiltInFunction(known[key].Oid, name, Types(key), known[key].Result));
                }
            }
        }
        return functions;

        void Add(string name, IReadOnlyList<SqlTypeId> parameters, bool takesAny, int result, char kind, Func<BuiltInFunction, BuiltInFunction> complete)
        {
            IReadOnlyList<int> arguments = [.. parameters.Select(p => takesAny || p == SqlTypeId.Unknown ? AnyOid : BuiltInTypeOids.Of(p))];
            string key = $"{name}({string.Join(' ', arguments)})";
            if (!known.TryGetValue(key, out (int Oid, int Result) found) && takesAny)
            {
                key = known.Keys.FirstOrDefault(k => k.StartsWith(name + "(", StringComparison.Ordinal) && Types(k).Length == arguments.Count) ?? key;
                arguments = known.TryGetValue(key, out found) ? Types(key) : arguments;
            }
            int oid = found.Oid != 0 ? found.Oid : FirstOwnOid + (int)(Hash(key) % OwnOidCount);
            while (!taken.Add(oid))
            {
                oid = oid < FirstOwnOid || oid == FirstOwnOid + OwnOidCount - 1 ? FirstOwnOid : oid + 1;
            }
            functions.Add(complete(new BuiltInFunction(oid, name, arguments, found.Oid != 0 ? found.Result : result) { Kind = kind }));
        }
    }

    private static (int Result, Volatility Volatility, bool IsStrict) Describe(ScalarFunction function)
    {
        try
        {
            BoundScalarFunction bound = function.Bind([.. function.Parameters.Select(SampleType)]);
            return (BuiltInTypeOids.Of(bound.ReturnType), bound.Volatility, bound.IsStrict);
        }
        catch (PhantomDbException)
        {
            return (AnyOid, Volatility.Immutable, true);   // what it returns depends on the arguments
        }
    }

    private static int ResultOf(Func<SqlType> bind)
    {
        try
        {
            return BuiltInTypeOids.Of(bind());
        }
        catch (PhantomDbException)
        {
            return AnyOid;
        }
    }

    private static SqlType SampleType(SqlTypeId id) => id == SqlTypeId.Unknown ? SqlType.Text : id == SqlTypeId.Array ? SqlType.ArrayOf(SqlTypeId.Text) : new SqlType(id);

    private static Dictionary<string, (int Oid, int Result)> ReadKnown()
    {
        var known = new Dictionary<string, (int Oid, int Result)>();
        foreach (string line in DataFiles.Lines("functions.txt"))
        {
            int end = line.IndexOf(')') + 1;
            string[] numbers = line[end..].Split(' ');
            if (BuiltInType.Find(Number(numbers[1])) is not null && Types(line[..end]).All(type => BuiltInType.Find(type) is not null))
            {
                known[line[..end]] = (Number(numbers[0]), Number(numbers[1]));
            }
        }
        return known;
    }

    private static int[] Types(string key) =>
        [.. key[(key.IndexOf('(') + 1)..^1].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Number)];

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    /// <summary>FNV-1a: the same on every run and machine.</summary>
    public static uint Hash(string text) => text.Aggregate(2166136261u, (hash, c) => unchecked((hash ^ c) * 16777619u));
}
