using PhantomDb.Catalog;
using PhantomDb.Expressions;

namespace PhantomDb.Planning.Logical;

/// <summary>
/// A definition statement (CREATE, ALTER, DROP, COMMENT …), wholly decided by the binder against one catalog: what
/// becomes of the catalog, then what storage must do, both in order. It is carried out under the locks of all objects and
/// names that it is about, as bound against definitions that are still the newest when these are held. No changes and no actions: there is nothing to do
/// (IF EXISTS, IF NOT EXISTS), and the notices say so.
/// </summary>
internal sealed record SchemaChange(string Tag) : BoundStatement
{
    public IReadOnlyList<CatalogChange> Changes { get; init; } = [];

    public IReadOnlyList<StorageAction> Actions { get; init; } = [];

    /// <summary>New objects have the oids from this one to before <see cref="NextOid"/>, if nobody else has taken any of them by then.</summary>
    public int FirstOid { get; init; }

    /// <summary>The catalog's next oid afterwards.</summary>
    public int NextOid { get; init; }

    /// <summary>Notices to the client: "relation "t" already exists, skipping".</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>The statement's name where it may not be part of a transaction block (CONCURRENTLY); else null.</summary>
    public string? RunsAloneAs { get; init; }

    /// <summary>True where a query gives the rows of a new table.</summary>
    public bool ReadsRows => Actions.Any(action => action is FillTable);

    public override string CommandTag => Tag;

    /// <summary>The tables of a catalog that the statement alters or drops.</summary>
    public IEnumerable<TableDefinition> TablesChanged(DatabaseCatalog before) =>
        Changes.Select(change => change switch { PutTable put => put.Table.Oid, RemoveRelation remove => remove.Oid, _ => 0 }).Select(before.Find).OfType<TableDefinition>();

    /// <summary>The catalog with all changes made.</summary>
    public DatabaseCatalog ApplyTo(DatabaseCatalog catalog)
    {
        foreach (CatalogChange change in Changes)
        {
            catalog = Apply(change, catalog);
        }
        return catalog with { NextOid = Math.Max(catalog.NextOid, NextOid) };
    }

    /// <summary>The catalog with one change made.</summary>
    public static DatabaseCatalog Apply(CatalogChange change, DatabaseCatalog catalog) => change switch
    {
        PutSchema put => catalog.With(put.Schema),
        RemoveSchema remove => catalog.WithoutSchema(remove.Name),
        PutTable put => catalog.With(put.Table),
        PutView put => catalog.With(put.View),
        PutSequence put => catalog.With(put.Sequence),
        RemoveRelation remove => catalog.Without(remove.Oid),
        _ => throw new System.Diagnostics.UnreachableException(change.GetType().Name),
    };
}

/// <summary>One change of the catalog.</summary>
internal abstract record CatalogChange;

internal sealed record PutSchema(SchemaDefinition Schema) : CatalogChange;

internal sealed record RemoveSchema(string Name) : CatalogChange;

/// <summary>Adds a table, or replaces its definition (with indexes and constraints).</summary>
internal sealed record PutTable(TableDefinition Table) : CatalogChange;

internal sealed record PutView(ViewDefinition View) : CatalogChange;

internal sealed record PutSequence(SequenceDefinition Sequence) : CatalogChange;

/// <summary>Removes a table with its indexes, a view or a sequence.</summary>
internal sealed record RemoveRelation(int Oid) : CatalogChange;

/// <summary>
/// One thing that storage does for a definition statement. Validations come after what they look at, and throw; then
/// nothing of the statement remains.
/// </summary>
internal abstract record StorageAction;

/// <summary>Makes an empty table, with the indexes of its definition.</summary>
internal sealed record CreateTableStorage(TableDefinition Table) : StorageAction;

internal sealed record DropTableStorage(TableDefinition Table) : StorageAction;

/// <summary>CREATE TABLE AS: puts a query's rows into the new table, columns by place.</summary>
internal sealed record FillTable(TableDefinition Table, LogicalOperator Query, IReadOnlyList<LogicalColumn> Columns) : StorageAction;

/// <summary>
/// Columns came, went or changed their type. The rows stay where they are, with all their versions; columns that are neither in the values nor in
/// the definition as it was are NULL. Indexes of the new definition that the table has not, or over changed columns, are built.
/// </summary>
/// <param name="Before">The table as it was.</param>
/// <param name="After">The table afterwards; its index expressions read no changed column.</param>
/// <param name="Row">The columns of <paramref name="Before"/>, in its order, that the values are over.</param>
/// <param name="Values">What new and changed columns have.</param>
internal sealed record ChangeColumns(
    TableDefinition Before, TableDefinition After, IReadOnlyList<LogicalColumn> Row, IReadOnlyList<StoredExpression> Values) : StorageAction;

/// <summary>Builds an index over the rows; 23505 where it is unique and they are not.</summary>
internal sealed record CreateIndexStorage(TableDefinition Table, IndexDefinition Index) : StorageAction
{
    /// <summary>The row's columns, in the table's order, that <see cref="Stored"/> is over.</summary>
    public IReadOnlyList<LogicalColumn> Row { get; init; } = [];

    /// <summary>Index expressions that no index of the table had before.</summary>
    public IReadOnlyList<StoredExpression> Stored { get; init; } = [];
}

internal sealed record DropIndexStorage(TableDefinition Table, IndexDefinition Index) : StorageAction;

/// <summary>23502 where a row has NULL in the column.</summary>
internal sealed record ValidateNotNull(TableDefinition Table, ColumnDefinition Column) : StorageAction;

/// <summary>23514 where the condition is false for a row that the scan gives.</summary>
internal sealed record ValidateCheck(TableDefinition Table, LogicalScan Scan, BoundCheck Check) : StorageAction;

/// <summary>23503 where a row has no partner.</summary>
internal sealed record ValidateForeignKey(TableDefinition Table, ConstraintDefinition Constraint) : StorageAction;

/// <summary>Makes a sequence that stands before its start.</summary>
internal sealed record CreateSequenceStorage(SequenceDefinition Sequence) : StorageAction;

internal sealed record DropSequenceStorage(int SequenceOid) : StorageAction;

/// <summary>The next value of the sequence will be this one.</summary>
internal sealed record RestartSequence(int SequenceOid, long Value) : StorageAction;

