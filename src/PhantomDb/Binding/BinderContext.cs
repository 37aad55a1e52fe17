using PhantomDb.Catalog;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;

namespace PhantomDb.Binding;

/// <summary>What a statement is bound against: the catalog, the session's settings, and what is known of parameters.</summary>
internal sealed record BinderContext(DatabaseCatalog Catalog)
{
    /// <summary>No object that is being made by another transaction has an oid from this one on; 0: nobody else makes any.</summary>
    public int FirstOid { get; init; }

    public string DatabaseName { get; init; } = "phantomdb";

    /// <summary>Schemas searched for unqualified names, after pg_catalog; the first that exists takes new objects.</summary>
    public IReadOnlyList<string> SearchPath { get; init; } = [DatabaseCatalog.DefaultSchema];

    /// <summary>Transaction time and time zone, for literals such as timestamptz 'now'.</summary>
    public DateTimeClock Clock { get; init; } = DateTimeClock.Fixed;

    /// <summary>Types given for $1 …; Unknown, or a list that is too short, leaves them to be inferred.</summary>
    public IReadOnlyList<SqlType> ParameterTypes { get; init; } = [];

    /// <summary>False for a statement that gets no values: a parameter in it is an error.</summary>
    public bool AllowsParameters { get; init; } = true;

    /// <summary>
    /// For the plan cache: indices of parameters by the offset of the literal that they stand for. Such a literal becomes a
    /// <see cref="Expressions.ParameterExpression"/> where its value decides nothing; elsewhere it stays, and the index is
    /// among <see cref="BoundPlan.PinnedParameters"/>. The kind of a literal, which is part of the cache's key, must have
    /// an integer's width (4, 8 bytes or more) and a numeric's precision and scale.
    /// </summary>
    public IReadOnlyDictionary<int, int>? LiteralParameters { get; init; }

    /// <summary>Offsets of those among <see cref="LiteralParameters"/> whose parameter has the minus sign before the literal in it.</summary>
    public IReadOnlySet<int>? NegativeLiterals { get; init; }

    public IVirtualTables? VirtualTables { get; init; }

    public IPreparedStatements? PreparedStatements { get; init; }
}

/// <summary>Tables that the engine makes up: information_schema, pg_catalog.</summary>
internal interface IVirtualTables
{
    /// <summary>Columns of a virtual table; null where there is none of that name.</summary>
    IReadOnlyList<(string Name, SqlType Type)>? Find(string schema, string name);

    /// <summary>Oid of a virtual table; null where there is none of that name.</summary>
    int? FindOid(string schema, string name);

    /// <summary>All there are, by schema and name.</summary>
    IEnumerable<(string Schema, string Name, bool IsView)> All { get; }

    /// <summary>Columns of phantomdb_history of a table.</summary>
    IReadOnlyList<(string Name, SqlType Type)> HistoryColumns(Catalog.TableDefinition table);
}

/// <summary>Statements prepared in the session.</summary>
internal interface IPreparedStatements
{
    /// <summary>Parameter types of a prepared statement; null where there is none of that name.</summary>
    IReadOnlyList<SqlType>? FindParameterTypes(string name);
}
