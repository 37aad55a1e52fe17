using PhantomDb.Types;

namespace PhantomDb.Catalog;

/// <summary>A view: a query as SQL text, bound anew wherever the view is used, and the columns it had when created.</summary>
internal sealed record ViewDefinition(int Oid, string Schema, string Name, string QueryText, IReadOnlyList<ViewColumn> Columns)
{
    public int Version { get; init; }

    /// <summary>Oids of the tables, views and sequences that the query names: they cannot be dropped without it.</summary>
    public IReadOnlyList<int> DependsOn { get; init; } = [];

    public string? Comment { get; init; }
}

/// <summary>A column of a view.</summary>
internal sealed record ViewColumn(string Name, SqlType Type);
