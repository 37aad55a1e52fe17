using System.Globalization;
using PhantomDb.Functions;
using PhantomDb.Types;
using RowMaker = System.Func<PhantomDb.Execution.SystemTables.SystemScan, System.Collections.Generic.IEnumerable<object?[]>>;

namespace PhantomDb.Execution.SystemTables;

/// <summary>Catalogs of what is built in: types, functions, operators, casts, collations, access methods, operator classes.</summary>
internal static class TypeCatalogs
{
    private const int InternalLanguage = 12;
    private const int BTreeOid = 403;

    public static readonly KeyValuePair<(string Schema, string Name), RowMaker>[] All =
    [
        Of("pg_type", TypesOf), Of("pg_proc", Functions), Of("pg_aggregate", Aggregates), Of("pg_operator", Operators), Of("pg_cast", Casts),
        Of("pg_collation", Collations), Of("pg_am", AccessMethods), Of("pg_language", Languages), Of("pg_opclass", OperatorClasses),
        Of("pg_opfamily", OperatorFamilies),
    ];

    private static KeyValuePair<(string, string), RowMaker> Of(string name, RowMaker rows) => new((SystemRelations.PgCatalog, name), rows);

    private static IEnumerable<object?[]> TypesOf(SystemScan scan)
    {
        long? oid = scan.Oid("oid");
        string? name = scan.Text("typname");
        return BuiltInType.All.Where(type => (oid is null || type.Oid == oid) && (name is null || type.Name == name)).OrderBy(type => type.Oid)
            .Select(type => scan.Row(
                ("oid", type.Oid), ("typname", type.Name), ("typnamespace", SystemObjects.PgCatalogOid), ("typowner", SystemObjects.OwnerOid),
                ("typlen", type.Length), ("typbyval", type.IsByValue), ("typtype", type.Kind), ("typcategory", type.Category),
                ("typispreferred", type.IsPreferred), ("typisdefined", true), ("typdelim", type.Delimiter), ("typrelid", 0),
                ("typsubscript", FunctionOid(type.Subscript)), ("typelem", type.Element), ("typarray", type.Array),
                ("typinput", FunctionOid(type.Input)), ("typoutput", FunctionOid(type.Output)), ("typreceive", FunctionOid(type.Receive)),
                ("typsend", FunctionOid(type.Send)), ("typmodin", FunctionOid(type.ModifierInput)), ("typmodout", FunctionOid(type.ModifierOutput)),
                ("typanalyze", 0), ("typalign", type.Align), ("typstorage", type.Storage), ("typnotnull", false), ("typbasetype", 0),
                ("typtypmod", -1), ("typndims", 0), ("typcollation", type.Collation)));
    }

    private static int FunctionOid(string name) => name == "-" ? 0 : BuiltInFunction.Find(name).FirstOrDefault()?.Oid ?? 0;

    private static IEnumerable<object?[]> Functions(SystemScan scan)
    {
        long? oid = scan.Oid("oid");
        string? name = scan.Text("proname");
        return BuiltInFunction.All.Where(function => (oid is null || function.Oid == oid) && (name is null || function.Name == name)).OrderBy(function => function.Oid)
            .Select(function => scan.Row(
                ("oid", function.Oid), ("proname", function.Name), ("pronamespace", SystemObjects.PgCatalogOid), ("proowner", SystemObjects.OwnerOid),
                ("prolang", InternalLanguage), ("procost", 1), ("prorows", function.ReturnsSet ? 1000 : 0), ("provariadic", function.IsVariadic ? function.ArgumentTypes[^1] : 0),
                ("prosupport", 0), ("prokind", function.Kind), ("prosecdef", false), ("proleakproof", false), ("proisstrict", function.IsStrict),
                ("proretset", function.ReturnsSet),
                ("provolatile", function.Volatility switch { Volatility.Immutable => 'i', Volatility.Stable => 's', _ => 'v' }),
                ("proparallel", 's'), ("pronargs", function.ArgumentTypes.Count), ("pronargdefaults", 0), ("prorettype", function.ResultType),
                ("proargtypes", string.Join(' ', function.ArgumentTypes)), ("prosrc", function.Name)));
    }

    private static IEnumerable<object?[]> Aggregates(SystemScan scan) => BuiltInFunction.All.Where(function => function.Kind == 'a').Select(function => scan.Row(
        ("aggfnoid", function.Oid), ("aggkind", 'n'), ("aggnumdirectargs", 0), ("aggtransfn", 0), ("aggfinalfn", 0), ("aggcombinefn", 0),
        ("aggserialfn", 0), ("aggdeserialfn", 0), ("aggmtransfn", 0), ("aggminvtransfn", 0), ("aggmfinalfn", 0), ("aggfinalextra", false),
        ("aggmfinalextra", false), ("aggfinalmodify", 'r'), ("aggmfinalmodify", 'r'), ("aggsortop", 0), ("aggtranstype", 0), ("aggtransspace", 0),
        ("aggmtranstype", 0), ("aggmtransspace", 0)));

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    /// <summary>PostgreSQL's operators between types that are here, where the engine has them.</summary>
    private static IEnumerable<object?[]> Operators(SystemScan scan)
    {
        foreach (string line in DataFiles.Lines("operators.txt"))
        {
            string[] f = line.Split(' ');
            SqlType? left = BuiltInTypeOids.Find(Number(f[1]));
            SqlType? right = BuiltInTypeOids.Find(Number(f[2]));
            if (right is null || (left is null && f[1] != "0") || !HasOperator(f[0], left?.Id, right.Value.Id))
            {
                continue;
            }
            yield return scan.Row(
                ("oid", Number(f[4])), ("oprname", f[0]), ("oprnamespace", SystemObjects.PgCatalogOid), ("oprowner", SystemObjects.OwnerOid),
                ("oprkind", left is null ? 'l' : 'b'), ("oprcanmerge", f[0] == "="), ("oprcanhash", f[0] == "="), ("oprleft", Number(f[1])),
                ("oprright", Number(f[2])), ("oprresult", Number(f[3])), ("oprcom", Number(f[6])), ("oprnegate", Number(f[7])),
                ("oprcode", 0), ("oprrest", 0), ("oprjoin", 0));
        }
    }

    /// <summary>Comparisons are expressions of their own, of equal types or of numbers; all others are functions with the operator's name.</summary>
    private static bool HasOperator(string name, SqlTypeId? left, SqlTypeId right)
    {
        if (name is "=" or "<>" or "<" or "<=" or ">" or ">=")
        {
            bool isNumber = left is SqlTypeId.Int16 or SqlTypeId.Int32 or SqlTypeId.Int64 or SqlTypeId.Real or SqlTypeId.Double;
            return left == right || (isNumber && right is SqlTypeId.Int16 or SqlTypeId.Int32 or SqlTypeId.Int64 or SqlTypeId.Real or SqlTypeId.Double);
        }
        return FunctionRegistry.FindScalars(name).Any(function => !function.TakesAny
            && (left is null ? function.Parameters.SequenceEqual([right]) : function.Parameters.SequenceEqual([left.Value, right])));
    }

    private static IEnumerable<object?[]> Casts(SystemScan scan)
    {
        foreach (string line in DataFiles.Lines("casts.txt"))
        {
            string[] f = line.Split(' ');
            if (BuiltInTypeOids.Find(Number(f[1])) is { } from && BuiltInTypeOids.Find(Number(f[2])) is { } to && CastRegistry.ContextOf(from.Id, to.Id) is not null)
            {
                yield return scan.Row(("oid", Number(f[0])), ("castsource", Number(f[1])), ("casttarget", Number(f[2])), ("castfunc", Number(f[3])), ("castcontext", f[4]), ("castmethod", f[5]));
            }
        }
    }

    private static IEnumerable<object?[]> Collations(SystemScan scan) =>
    [
        Collation(scan, 100, "default", 'd', -1, null), Collation(scan, 950, "C", 'c', -1, "C"), Collation(scan, 951, "POSIX", 'c', -1, "POSIX"),
        Collation(scan, 12340, "ucs_basic", 'c', 6, "C"),
    ];

    private static object?[] Collation(SystemScan scan, int oid, string name, char provider, int encoding, string? locale) => scan.Row(
        ("oid", oid), ("collname", name), ("collnamespace", SystemObjects.PgCatalogOid), ("collowner", SystemObjects.OwnerOid), ("collprovider", provider),
        ("collisdeterministic", true), ("collencoding", encoding), ("collcollate", locale), ("collctype", locale));

    private static IEnumerable<object?[]> AccessMethods(SystemScan scan) =>
        [scan.Row(("oid", 2), ("amname", "heap"), ("amhandler", 0), ("amtype", 't')), scan.Row(("oid", BTreeOid), ("amname", "btree"), ("amhandler", 0), ("amtype", 'i'))];

    private static IEnumerable<object?[]> Languages(SystemScan scan) =>
    [
        scan.Row(("oid", InternalLanguage), ("lanname", "internal"), ("lanowner", SystemObjects.OwnerOid), ("lanispl", false), ("lanpltrusted", false),
            ("lanplcallfoid", 0), ("laninline", 0), ("lanvalidator", 0)),
    ];

    private static IEnumerable<object?[]> OperatorClasses(SystemScan scan) => OperatorClass.All.Select(c => scan.Row(
        ("oid", c.Oid), ("opcmethod", BTreeOid), ("opcname", c.Name), ("opcnamespace", SystemObjects.PgCatalogOid), ("opcowner", SystemObjects.OwnerOid),
        ("opcfamily", c.Family), ("opcintype", BuiltInTypeOids.Of(c.Type)), ("opcdefault", c.IsDefault), ("opckeytype", 0)));

    private static IEnumerable<object?[]> OperatorFamilies(SystemScan scan) => OperatorClass.All.DistinctBy(c => c.Family).Select(c => scan.Row(
        ("oid", c.Family), ("opfmethod", BTreeOid), ("opfname", c.Family switch { 1976 => "integer_ops", 434 => "datetime_ops", 1970 => "float_ops", 2095 => "text_pattern_ops", _ => c.Name }),
        ("opfnamespace", SystemObjects.PgCatalogOid), ("opfowner", SystemObjects.OwnerOid)));
}
