using PhantomDb.Parsing.Ast;

namespace PhantomDb.Binding;

/// <summary>
/// What the names in one text were found to mean, each with its place: noted while the text is bound, where someone asks
/// (<see cref="BindingState.Record"/>). Names inside the views that it reads are theirs.
/// </summary>
internal sealed class NameUses
{
    /// <summary>A table or view in FROM.</summary>
    public readonly record struct RelationUse(QualifiedName Name, int Oid, TableAlias? Alias);

    /// <summary>
    /// A column of a table or view of the same query level. The number is a table column's storage number, a view column's
    /// place. A name that an alias list gives is not the column's own.
    /// </summary>
    public readonly record struct ColumnUse(ColumnReferenceSyntax Reference, int RelationOid, int Number, bool HasOwnName);

    public List<RelationUse> Relations { get; } = [];

    public List<ColumnUse> Columns { get; } = [];

    /// <summary>Relations named in a string: 'q'::regclass.</summary>
    public List<(int Position, int Oid)> Texts { get; } = [];

    /// <summary>A star, and names that stand for the same columns.</summary>
    public List<(StarSyntax Star, IReadOnlyList<string[]> Names)> Stars { get; } = [];

    /// <summary>Columns that USING and NATURAL merge.</summary>
    public HashSet<(int RelationOid, int Number)> MergedColumns { get; } = [];

    /// <summary>Places of select items that are a column without alias, which gets its name from it.</summary>
    public HashSet<int> BareItems { get; } = [];

    public void AddText(int position, int oid)
    {
        if (position >= 0)
        {
            Texts.Add((position, oid));
        }
    }

    public void AddColumn(ColumnReferenceSyntax reference, Scope scope, Planning.Logical.LogicalColumn column)
    {
        if (Source(scope.Tables, column) is { } source)
        {
            Columns.Add(new ColumnUse(reference, source.RelationOid, source.Number, source.HasOwnName));
        }
    }

    public void AddStar(StarSyntax star, Scope scope, IEnumerable<ScopeTable> tables)
    {
        List<string[]> names = [];
        foreach (ScopeTable table in tables)
        {
            for (int i = 0; i < table.Columns.Count; i++)
            {
                bool isQualified = table.IsNameVisible && table.Name is not null;
                names.Add(isQualified ? [table.Name!, table.ColumnNames[i]] : [table.ColumnNames[i]]);
                if (Source(scope.Tables, table.Columns[i]) is { } source)
                {
                    // Noted as used; there is no name of its own to be changed.
                    Columns.Add(new ColumnUse(new ColumnReferenceSyntax([table.ColumnNames[i]], -1), source.RelationOid, source.Number, false));
                }
            }
        }
        Stars.Add((star, names));
    }

    public void AddMerged(List<ScopeTable> tables, Planning.Logical.LogicalColumn column)
    {
        if (Source(tables, column) is { } source)
        {
            MergedColumns.Add((source.RelationOid, source.Number));
        }
    }

    public bool Uses(int relationOid, int number) =>
        MergedColumns.Contains((relationOid, number)) || Columns.Any(c => c.RelationOid == relationOid && c.Number == number);

    // A column that a subquery passes on keeps its id, so the table must be of the scope in which the name was found.
    private static (int RelationOid, int Number, bool HasOwnName)? Source(List<ScopeTable> tables, Planning.Logical.LogicalColumn column)
    {
        foreach (ScopeTable table in tables)
        {
            if (table.RelationOid == 0)
            {
                continue;
            }
            for (int i = 0; i < table.Columns.Count; i++)
            {
                if (table.Columns[i].Id == column.Id)
                {
                    return (table.RelationOid, table.Table?.Columns[i].Number ?? i, i >= table.AliasedCount);
                }
            }
        }
        return null;
    }
}
