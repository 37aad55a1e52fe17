using PhantomDb.Catalog;

namespace PhantomDb;

/// <summary>What a relation is.</summary>
public enum RelationKind
{
    /// <summary>A table.</summary>
    Table,

    /// <summary>A view.</summary>
    View,

    /// <summary>A sequence.</summary>
    Sequence,
}

/// <summary>A column of a table or view as definitions write it.</summary>
public sealed record ColumnDescription(string Name, string TypeName, bool IsNotNull, string? Default);

/// <summary>A table, view or sequence for people to read.</summary>
public sealed record RelationDescription(string Schema, string Name, RelationKind Kind, IReadOnlyList<ColumnDescription> Columns)
{
    /// <summary>Name of the relation as SQL writes it: with its schema where that is not public.</summary>
    public required string QualifiedName { get; init; }

    /// <summary>Indexes, constraints and references from other tables, in lines as psql's \d has them.</summary>
    public IReadOnlyList<string> Details { get; init; } = [];

    /// <summary>Statements that make the relation and its indexes, each with its semicolon.</summary>
    public IReadOnlyList<string> CreateStatements { get; init; } = [];

    /// <summary>Statements that must wait until all tables exist: foreign keys, owners of sequences.</summary>
    public IReadOnlyList<string> LinkStatements { get; init; } = [];
}

/// <summary>The tables, views and sequences of a database at one moment, for people to read and as SQL that makes them anew.</summary>
public sealed class SchemaDescription
{
    internal SchemaDescription(DatabaseCatalog catalog)
    {
        SchemaWriter writer = new(catalog);
        Schemas = [.. catalog.Schemas.Select(schema => schema.Name)];
        Relations =
        [
            .. catalog.Sequences.OrderBy(sequence => sequence.Oid).Select(writer.Describe),
            .. catalog.Tables.OrderBy(table => table.Oid).Select(writer.Describe),
            .. catalog.Views.OrderBy(view => view.Oid).Select(writer.Describe),
        ];
    }

    /// <summary>Names of the schemas, sorted.</summary>
    public IReadOnlyList<string> Schemas { get; }

    /// <summary>Sequences, tables, views, each in the order in which they were made.</summary>
    public IReadOnlyList<RelationDescription> Relations { get; }

    /// <summary>SQL that makes the relations anew: run as a script on an empty database, it gives the same definitions.</summary>
    public static string ToScript(IReadOnlyCollection<RelationDescription> relations) => string.Concat(
        relations.Where(relation => relation.Kind != RelationKind.View).SelectMany(relation => relation.CreateStatements)
            .Concat(relations.SelectMany(relation => relation.LinkStatements))
            .Concat(relations.Where(relation => relation.Kind == RelationKind.View).SelectMany(relation => relation.CreateStatements))
            .Select(statement => statement + "\n"));
}
