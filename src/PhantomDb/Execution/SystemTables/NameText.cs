using PhantomDb.Catalog;

namespace PhantomDb.Execution.SystemTables;

/// <summary>Types and functions by name within text, as regtype and regprocedure read them.</summary>
internal static class NameText
{
    public static string WithoutSystemSchema(string name)
    {
        List<string> parts = RelationLookup.Split(name);
        return parts is [SystemRelations.PgCatalog, var inner] ? inner : parts.Count == 1 ? parts[0] : name;
    }

    /// <summary>Oid of a type as SQL writes it, modifiers ignored: "integer", "int4", "varchar(10)", "text[]"; null where there is none.</summary>
    public static int? FindType(string text)
    {
        string name = text.Trim();
        bool isArray = name.EndsWith("[]", StringComparison.Ordinal);
        name = isArray ? name[..^2].Trim() : name;
        int open = name.IndexOf('(');
        if (open > 0)
        {
            int close = name.IndexOf(')', open);
            name = close < 0 ? name : name[..open] + name[(close + 1)..];
        }
        string folded = string.Join(' ', WithoutSystemSchema(name).Split(' ', StringSplitOptions.RemoveEmptyEntries));
        BuiltInType? type = name.StartsWith('"') ? BuiltInType.Find(folded) : folded switch
        {
            "int" => BuiltInType.Find("int4"),
            "decimal" => BuiltInType.Find("numeric"),
            "float" => BuiltInType.Find("float8"),
            "char" => BuiltInType.Find("bpchar"),
            _ => BuiltInType.Find(folded) ?? BuiltInType.All.FirstOrDefault(t => t.SqlName == folded),
        };
        return type is null ? null : isArray ? (type.Array == 0 ? null : type.Array) : type.Oid;
    }

    /// <summary>Oid of a function with its argument types: "abs(integer)"; null where there is none.</summary>
    public static int? FindFunction(string text)
    {
        int open = text.IndexOf('(');
        if (open < 0 || !text.TrimEnd().EndsWith(')'))
        {
            return null;
        }
        string[] arguments = text.TrimEnd()[(open + 1)..^1].Split(',', StringSplitOptions.RemoveEmptyEntries);
        int?[] types = [.. arguments.Select(FindType)];
        return BuiltInFunction.Find(WithoutSystemSchema(text[..open])).FirstOrDefault(function =>
            function.ArgumentTypes.Count == types.Length && function.ArgumentTypes.Zip(types, (a, b) => a == b).All(same => same))?.Oid;
    }
}
