using PhantomDb.Binding;
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

    /// <summary>True where a name without a schema means it: it is the first of its name along the search path.</summary>
    public bool IsVisible { get; init; }

    /// <summary>Indexes, constraints and references from other tables, in lines as psql's \d has them.</summary>
    public IReadOnlyList<string> Details { get; init; } = [];

    /// <summary>Statements that make the relation and its indexes, each with its semicolon.</summary>
    public IReadOnlyList<string> CreateStatements { get; init; } = [];

    /// <summary>Statements that must wait until all tables have their rows: foreign keys, checks that rows may break, owners of sequences.</summary>
    public IReadOnlyList<string> LinkStatements { get; init; } = [];

    /// <summary>Of a sequence that does not stand at its beginning: the statement that brings it to where it stands.</summary>
    public IReadOnlyList<string> PositionStatements { get; init; } = [];
}

/// <summary>The tables, views and sequences of a database at one moment, for people to read and as SQL that makes them anew.</summary>
public sealed class SchemaDescription
{
    private readonly Dictionary<string, IReadOnlyList<string>> _schemaStatements;

    /// <param name="context">What the database has.</param>
    /// <param name="positionOf">Where a sequence stands, by its oid.</param>
    internal SchemaDescription(BinderContext context, Func<int, (long Last, bool IsCalled)?> positionOf)
    {
        DatabaseCatalog catalog = context.Catalog;
        SchemaWriter writer = new(context, positionOf);
        Schemas = [.. catalog.Schemas.Select(schema => schema.Name)];
        _schemaStatements = catalog.Schemas.ToDictionary(schema => schema.Name, schema => (IReadOnlyList<string>)[.. SchemaWriter.StatementsOf(schema)]);
        Relations =
        [
            .. catalog.Sequences.OrderBy(sequence => sequence.Oid).Select(writer.Describe),
            .. catalog.Tables.OrderBy(table => table.Oid).Select(writer.Describe),
            .. InOrder(catalog).Select(writer.Describe),
        ];
        Relations = [.. Relations.Select(relation => relation with { IsVisible = Binding.Relations.SchemaOf(context, relation.Name) == relation.Schema })];
    }

    /// <summary>Names of the schemas, sorted.</summary>
    public IReadOnlyList<string> Schemas { get; }

    /// <summary>Sequences, tables, views, in an order in which they can be made.</summary>
    public IReadOnlyList<RelationDescription> Relations { get; }

    /// <summary>Statements that make a schema, where it is not there yet, each with its semicolon; none for a name that no schema has.</summary>
    public IReadOnlyList<string> SchemaStatements(string schema) => _schemaStatements.GetValueOrDefault(schema, []);

    /// <summary>SQL that makes the relations anew: run as a script on an empty database, it gives the same definitions.</summary>
    public static string ToScript(IReadOnlyCollection<RelationDescription> relations) => string.Concat(
        relations.Where(relation => relation.Kind != RelationKind.View).SelectMany(relation => relation.CreateStatements)
            .Concat(relations.SelectMany(relation => relation.LinkStatements))
            .Concat(relations.Where(relation => relation.Kind == RelationKind.View).SelectMany(relation => relation.CreateStatements))
            .Select(statement => statement + "\n"));

    // A view that was replaced may use a younger one.
    private static List<ViewDefinition> InOrder(DatabaseCatalog catalog)
    {
        List<ViewDefinition> ordered = [];
        HashSet<int> entered = [];
        foreach (ViewDefinition view in catalog.Views.OrderBy(view => view.Oid))
        {
            Enter(view);
        }
        return ordered;

        void Enter(ViewDefinition view)
        {
            if (entered.Add(view.Oid))
            {
                foreach (ViewDefinition used in view.DependsOn.Select(catalog.Find).OfType<ViewDefinition>())
                {
                    Enter(used);
                }
                ordered.Add(view);
            }
        }
    }
}
