using PhantomDb.Types;

namespace PhantomDb;

/// <summary>A column of a result.</summary>
public sealed class ResultColumn
{
    internal ResultColumn(string name, SqlType type, bool isDeclared)
    {
        Name = name;
        Type = type;
        TypeName = isDeclared ? type.ToString() : type.BaseName;
    }

    /// <summary>Name as in the select list; "?column?" where PostgreSQL would say so.</summary>
    public string Name { get; }

    /// <summary>
    /// SQL type as PostgreSQL writes it: "integer", "numeric(10,2)", "timestamp with time zone". An expression's type has
    /// no modifiers.
    /// </summary>
    public string TypeName { get; }

    /// <summary>Oid of the type in PostgreSQL's pg_type.</summary>
    public int TypeOid => BuiltInTypeOids.Of(Type);

    internal SqlType Type { get; }
}
