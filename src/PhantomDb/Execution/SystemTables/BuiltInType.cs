using System.Collections.Frozen;
using System.Globalization;

namespace PhantomDb.Execution.SystemTables;

/// <summary>A built-in type as pg_type describes it; functions by name. From Data/types.txt.</summary>
internal sealed record BuiltInType(
    int Oid, string Name, short Length, bool IsByValue, char Kind, char Category, bool IsPreferred, char Delimiter, int Element, int Array,
    string Input, string Output, string Receive, string Send, string ModifierInput, string ModifierOutput, char Align, char Storage,
    int Collation, string Subscript)
{
    private static readonly Lazy<FrozenDictionary<int, BuiltInType>> ByOid = new(() => Read().ToFrozenDictionary(type => type.Oid));

    private static readonly Lazy<FrozenDictionary<string, BuiltInType>> ByName = new(() => All.ToFrozenDictionary(type => type.Name));

    public static IReadOnlyList<BuiltInType> All => ByOid.Value.Values;

    public static BuiltInType? Find(int oid) => ByOid.Value.GetValueOrDefault(oid);

    /// <summary>By pg_type.typname: int4, _text.</summary>
    public static BuiltInType? Find(string name) => ByName.Value.GetValueOrDefault(name);

    /// <summary>Name as SQL writes it: "integer", "character varying", "text[]".</summary>
    public string SqlName => Category == 'A' && Element != 0 && Find(Element) is { } element ? element.SqlName + "[]" : Name switch
    {
        "bool" => "boolean",
        "int2" => "smallint",
        "int4" => "integer",
        "int8" => "bigint",
        "float4" => "real",
        "float8" => "double precision",
        "bpchar" => "character",
        "varchar" => "character varying",
        "char" or "any" => $"\"{Name}\"",
        "time" => "time without time zone",
        "timestamp" => "timestamp without time zone",
        "timestamptz" => "timestamp with time zone",
        _ => Name,
    };

    /// <summary>format_type: the name with a modifier in PostgreSQL's encoding; bpchar where a character type has none.</summary>
    public string Format(int? modifier)
    {
        if (Category == 'A' && Element != 0 && Find(Element) is { } element)
        {
            return element.Format(modifier) + "[]";
        }
        if (modifier is not >= 0)
        {
            return Name == "bpchar" && modifier is not null ? "bpchar" : SqlName;
        }
        int value = modifier.Value;
        return Name switch
        {
            "bpchar" or "varchar" => string.Create(CultureInfo.InvariantCulture, $"{SqlName}({value - 4})"),
            "numeric" => string.Create(CultureInfo.InvariantCulture, $"numeric({(value - 4) >> 16},{(value - 4) & 0xFFFF})"),
            "time" or "timestamp" => string.Create(CultureInfo.InvariantCulture, $"{Name}({value}) without time zone"),
            "timestamptz" => string.Create(CultureInfo.InvariantCulture, $"timestamp({value}) with time zone"),
            "interval" => (value & 0xFFFF) == 0xFFFF ? "interval" : string.Create(CultureInfo.InvariantCulture, $"interval({value & 0xFFFF})"),
            _ => SqlName,
        };
    }

    private static IEnumerable<BuiltInType> Read()
    {
        foreach (string line in DataFiles.Lines("types.txt"))
        {
            string[] f = line.Split(' ');
            yield return new BuiltInType(
                Number(f[0]), f[1], (short)Number(f[2]), f[3] == "t", f[4][0], f[5][0], f[6] == "t", f[7][0], Number(f[8]), Number(f[9]),
                f[10], f[11], f[12], f[13], f[14], f[15], f[16][0], f[17][0], Number(f[18]), f[19]);
        }
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
