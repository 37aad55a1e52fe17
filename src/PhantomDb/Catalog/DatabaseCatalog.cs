using System.Collections.Immutable;

namespace PhantomDb.Catalog;

/// <summary>
/// All definitions of a database at one moment: a persistent map by oid with lookups by name. Immutable: a change gives a
/// new catalog that shares the rest, so that a transaction can keep its own and readers go on with theirs.
/// Tables, views, sequences and indexes share one name space in each schema, as in PostgreSQL.
/// </summary>
internal sealed record DatabaseCatalog
{
    public const string DefaultSchema = "public";
    public const int FirstUserOid = 16384;

    public static readonly DatabaseCatalog Empty = new DatabaseCatalog { NextOid = FirstUserOid }
        .With(new SchemaDefinition(2200, DefaultSchema));

    private ImmutableDictionary<int, object> _objects = ImmutableDictionary<int, object>.Empty;
    private ImmutableDictionary<(string Schema, string Name), int> _relations = ImmutableDictionary<(string, string), int>.Empty;

    // Who refers to an object: tables by foreign keys, views by what they read, sequences by their owner. A statement that has to
    // know must not look through all objects. May have keys of objects that are gone; never values that are.
    private ImmutableDictionary<int, ImmutableSortedSet<int>> _referrers = ImmutableDictionary<int, ImmutableSortedSet<int>>.Empty;
    private ImmutableSortedDictionary<string, SchemaDefinition> _schemas =
        ImmutableSortedDictionary.Create<string, SchemaDefinition>(StringComparer.Ordinal);

    /// <summary>Oid for the next object.</summary>
    public int NextOid { get; init; }

    /// <summary>Values that sessions begin with in place of the built-in defaults: SET PERSIST.</summary>
    public ImmutableSortedDictionary<string, string> Settings { get; init; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.OrdinalIgnoreCase);

    public IEnumerable<SchemaDefinition> Schemas => _schemas.Values;

    public IEnumerable<TableDefinition> Tables => _objects.Values.OfType<TableDefinition>();

    public IEnumerable<ViewDefinition> Views => _objects.Values.OfType<ViewDefinition>();

    public IEnumerable<SequenceDefinition> Sequences => _objects.Values.OfType<SequenceDefinition>();

    /// <summary>Tables with foreign keys to a table, itself perhaps, by oid.</summary>
    public IEnumerable<TableDefinition> TablesReferencing(int tableOid) => ReferrersOf(tableOid).OfType<TableDefinition>();

    /// <summary>Views that read a relation, directly or through others, by oid.</summary>
    public IEnumerable<ViewDefinition> ViewsOver(int relationOid) => ReferrersOf(relationOid).OfType<ViewDefinition>();

    /// <summary>Sequences that belong to columns of a table, by oid.</summary>
    public IEnumerable<SequenceDefinition> SequencesOf(int tableOid) => ReferrersOf(tableOid).OfType<SequenceDefinition>();

    public bool HasSchema(string name) => _schemas.ContainsKey(name);

    public SchemaDefinition? FindSchema(string name) => _schemas.GetValueOrDefault(name);

    /// <summary>The table, view, sequence or index definition with an oid; null where there is none.</summary>
    public object? Find(int oid) => _objects.GetValueOrDefault(oid);

    /// <summary>The table, view, sequence or index of a name in a schema; null where there is none.</summary>
    public object? FindRelation(string schema, string name) =>
        _relations.TryGetValue((schema, name), out int oid) ? _objects[oid] : null;

    public TableDefinition? FindTable(string schema, string name) => FindRelation(schema, name) as TableDefinition;

    public TableDefinition GetTable(int oid) => (TableDefinition)_objects[oid];

    /// <summary>Takes an oid for a new object.</summary>
    public DatabaseCatalog TakeOid(out int oid)
    {
        oid = NextOid;
        return this with { NextOid = NextOid + 1 };
    }

    public DatabaseCatalog With(SchemaDefinition schema) => this with { _schemas = _schemas.SetItem(schema.Name, schema) };

    public DatabaseCatalog WithoutSchema(string name) => this with { _schemas = _schemas.Remove(name) };

    /// <summary>Adds or replaces a table together with its indexes, whose names are relations too.</summary>
    public DatabaseCatalog With(TableDefinition table)
    {
        DatabaseCatalog catalog = _objects.GetValueOrDefault(table.Oid) is TableDefinition ? WithoutTable(table.Oid) : this;
        catalog = catalog.WithRelation(table.Oid, table.Schema, table.Name, table);
        foreach (IndexDefinition index in table.Indexes)
        {
            catalog = catalog.WithRelation(index.Oid, table.Schema, index.Name, index);
        }
        return catalog;
    }

    public DatabaseCatalog With(ViewDefinition view) => Without(view.Oid).WithRelation(view.Oid, view.Schema, view.Name, view);

    public DatabaseCatalog With(SequenceDefinition sequence) =>
        Without(sequence.Oid).WithRelation(sequence.Oid, sequence.Schema, sequence.Name, sequence);

    /// <summary>Removes a table (with its indexes), view or sequence.</summary>
    public DatabaseCatalog Without(int oid) => _objects.GetValueOrDefault(oid) switch
    {
        null => this,
        TableDefinition => WithoutTable(oid),
        ViewDefinition view => WithoutRelation(oid, view.Schema, view.Name),
        SequenceDefinition sequence => WithoutRelation(oid, sequence.Schema, sequence.Name),
        object other => throw new System.Diagnostics.UnreachableException(other.GetType().Name),
    };

    private DatabaseCatalog WithoutTable(int oid)
    {
        TableDefinition table = GetTable(oid);
        DatabaseCatalog catalog = WithoutRelation(oid, table.Schema, table.Name);
        foreach (IndexDefinition index in table.Indexes)
        {
            catalog = catalog.WithoutRelation(index.Oid, table.Schema, index.Name);
        }
        return catalog;
    }

    private IEnumerable<object> ReferrersOf(int oid) =>
        _referrers.TryGetValue(oid, out ImmutableSortedSet<int>? referrers) ? referrers.Select(referrer => _objects[referrer]) : [];

    private static IEnumerable<int> ReferencesOf(object definition) => definition switch
    {
        TableDefinition table => table.Constraints.Where(c => c.Kind == ConstraintKind.ForeignKey).Select(c => c.ReferencedTableOid),
        ViewDefinition view => view.DependsOn,
        SequenceDefinition { OwnerTableOid: not 0 } sequence => [sequence.OwnerTableOid],
        _ => [],
    };

    private DatabaseCatalog WithRelation(int oid, string schema, string name, object definition) => this with
    {
        _objects = _objects.SetItem(oid, definition),
        _relations = _relations.SetItem((schema, name), oid),
        _referrers = ReferencesOf(definition).Aggregate(_referrers, (all, referred) =>
            all.SetItem(referred, all.GetValueOrDefault(referred, ImmutableSortedSet<int>.Empty).Add(oid))),
    };

    private DatabaseCatalog WithoutRelation(int oid, string schema, string name) => this with
    {
        _objects = _objects.Remove(oid),
        _relations = _relations.Remove((schema, name)),
        _referrers = ReferencesOf(_objects[oid]).Aggregate(_referrers, (all, referred) =>
            !all.TryGetValue(referred, out ImmutableSortedSet<int>? referrers) ? all
            : referrers.Remove(oid) is { IsEmpty: false } others ? all.SetItem(referred, others) : all.Remove(referred)),
    };
}
