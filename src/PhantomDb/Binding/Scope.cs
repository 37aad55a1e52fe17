using PhantomDb.Catalog;
using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;

namespace PhantomDb.Binding;

/// <summary>Where an expression stands: decides what it may contain, and what errors call the place.</summary>
internal enum Clause : byte
{
    Select,
    From,
    JoinCondition,
    Where,
    GroupBy,
    Having,
    OrderBy,
    DistinctOn,
    Limit,
    Offset,
    Values,
    Set,
    Returning,
    AggregateArgument,
    AggregateFilter,
    Window,
    Default,
    Check,
    Execute,
    CopyWhere,
    IndexExpression,
    IndexPredicate,
    Using,
}

/// <summary>Names of clauses in messages such as "aggregate functions are not allowed in WHERE".</summary>
internal static class ClauseNames
{
    public static string Of(Clause clause) => clause switch
    {
        Clause.From => "functions in FROM",
        Clause.JoinCondition => "JOIN conditions",
        Clause.Where => "WHERE",
        Clause.GroupBy => "GROUP BY",
        Clause.Having => "HAVING",
        Clause.Limit => "LIMIT",
        Clause.Offset => "OFFSET",
        Clause.Values => "VALUES",
        Clause.Set => "UPDATE",
        Clause.Returning => "RETURNING",
        Clause.AggregateFilter => "FILTER",
        Clause.Window => "window definitions",
        Clause.Default => "DEFAULT expressions",
        Clause.Check => "check constraints",
        Clause.Execute => "EXECUTE parameters",
        Clause.CopyWhere => "COPY FROM WHERE conditions",
        Clause.IndexExpression => "index expressions",
        Clause.IndexPredicate => "index predicates",
        _ => "transform expressions",
    };
}

/// <summary>A table (or subquery, function, join) of FROM with its visible columns.</summary>
internal sealed record ScopeTable(string? Name, IReadOnlyList<LogicalColumn> Columns)
{
    /// <summary>Schema by which the name may be qualified; null where it may not.</summary>
    public string? Schema { get; init; }

    /// <summary>Names of the columns where they are not those of the logical columns.</summary>
    public required IReadOnlyList<string> ColumnNames { get; init; }

    /// <summary>Set for a base table: its primary key decides its other columns.</summary>
    public TableDefinition? Table { get; init; }

    /// <summary>The table or view that it is; 0 for subqueries, functions and joins.</summary>
    public int RelationOid { get; init; }

    /// <summary>How many of the first columns have their names from an alias list.</summary>
    public int AliasedCount { get; init; }

    /// <summary>False for the sides of a join with an alias.</summary>
    public bool IsNameVisible { get; init; } = true;

    /// <summary>False for the sides of a join whose columns are merged: only qualified names find them.</summary>
    public bool AreColumnsVisible { get; init; } = true;
}

/// <summary>
/// Tables whose columns an expression may name, and the scope outside. Several scopes may belong to one query's level: the
/// FROM items to the left of a LATERAL one, the sides of a join.
/// </summary>
internal sealed class Scope(Scope? parent, QueryLevel level)
{
    public Scope? Parent { get; } = parent;

    public QueryLevel Level { get; } = level;

    public List<ScopeTable> Tables { get; init; } = [];

    /// <summary>A column of this scope was found from inside (LATERAL).</summary>
    public bool IsUsed { get; set; }
}

/// <summary>One SELECT (or modification) while it is bound: where in it we are, and the aggregates found so far.</summary>
internal sealed class QueryLevel
{
    public Clause Clause { get; set; }

    public List<AggregateColumn> Aggregates { get; } = [];

    /// <summary>GROUPING() calls: a placeholder column each, replaced when the grouping sets are known.</summary>
    public List<(LogicalColumn Column, IReadOnlyList<Expression> Arguments, int Position)> Groupings { get; } = [];

    /// <summary>Windows by the WINDOW clause's names.</summary>
    public Dictionary<string, BoundWindow> NamedWindows { get; } = [];

    /// <summary>Calls over windows, which are computed after grouping.</summary>
    public List<WindowGroup> Windows { get; } = [];

    /// <summary>Set-returning functions of the select list: each gives one column, and is joined to the rows at the end.</summary>
    public List<LogicalOperator> SetReturning { get; } = [];

    /// <summary>The arguments of a call over a window are being bound.</summary>
    public bool IsInWindowCall { get; set; }

    /// <summary>DML and other places where aggregates have no query to belong to.</summary>
    public bool IsPlain { get; init; }
}

/// <summary>WITH queries in sight, innermost first.</summary>
internal sealed class CteEnvironment(CteEnvironment? parent)
{
    private readonly Dictionary<string, CteEntry> _entries = [];

    public CteEntry? Find(string name) => _entries.TryGetValue(name, out CteEntry? entry) ? entry : parent?.Find(name);

    /// <summary>Of all that can be read here.</summary>
    public IEnumerable<string> Names => _entries.Keys.Concat(parent?.Names ?? []);

    /// <summary>Adds a query, or replaces what stood under its name while it was bound itself.</summary>
    public void Put(CteEntry entry) => _entries[entry.Name] = entry;
}

/// <summary>A WITH query: its columns once bound, and how often it is read.</summary>
internal sealed class CteEntry(string name, int id)
{
    public string Name { get; } = name;

    public int Id { get; } = id;

    public IReadOnlyList<LogicalColumn>? Columns { get; set; }

    public int ReferenceCount { get; set; }

    /// <summary>A statement without RETURNING, which gives nothing to read.</summary>
    public bool HasNoRows { get; set; }

    /// <summary>Message of 42P19 for a reference that must not be: to itself in the wrong place.</summary>
    public string? ForbiddenBecause { get; set; }
}
