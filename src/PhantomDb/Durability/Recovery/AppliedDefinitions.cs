using PhantomDb.Catalog;
using PhantomDb.Storage;

namespace PhantomDb.Durability.Recovery;

/// <summary>
/// The catalog and the storage while definitions of the log are applied to them: what records of several kinds do. What refers to other
/// relations (foreign keys, what views use) is tied at the end of the transaction, when all of them are there.
/// </summary>
internal sealed class AppliedDefinitions(LoadedDatabase database)
{
    private readonly List<LateIndex> _lateIndexes = [.. database.LateIndexes];
    private readonly List<(int TableOid, ForeignKeyLine Line)> _foreignKeys = [];
    private readonly List<(int ViewOid, IReadOnlyList<(string Schema, string Name)> Uses)> _viewUses = [];

    public DatabaseCatalog Catalog { get; set; } = database.Catalog;

    public DatabaseStorage Storage => database.Storage;

    public IReadOnlyList<LateIndex> LateIndexes => _lateIndexes;

    public int TakeOid()
    {
        Catalog = Catalog.TakeOid(out int oid);
        return oid;
    }

    public object? Find(string nameText)
    {
        (string schema, string name) = DefinitionRecord.Qualified(nameText);
        return Catalog.FindRelation(schema, name);
    }

    public void EnsureNew(string schema, string name)
    {
        if (!Catalog.HasSchema(schema))
        {
            throw new FormatException($"schema \"{schema}\" does not exist");
        }
        if (Catalog.FindRelation(schema, name) is not null)
        {
            throw new FormatException($"\"{name}\" is there already");
        }
    }

    public void Replace(TableDefinition table)
    {
        Catalog = Catalog.With(table);
        Storage.SetTable(Storage.GetTable(table.Oid).Altered(table));
    }

    public void Replace(SequenceDefinition sequence)
    {
        Catalog = Catalog.With(sequence);
        Storage.GetSequence(sequence.Oid).Definition = sequence;
    }

    public void Remove(TableDefinition table)
    {
        foreach (SequenceDefinition sequence in Catalog.SequencesOf(table.Oid).ToArray())
        {
            Remove(sequence);
        }
        _lateIndexes.RemoveAll(i => i.TableOid == table.Oid);
        Catalog = Catalog.Without(table.Oid);
        Storage.RemoveTable(table.Oid);
    }

    public void Remove(SequenceDefinition sequence)
    {
        Catalog = Catalog.Without(sequence.Oid);
        Storage.RemoveSequence(sequence.Oid);
    }

    /// <summary>What the table has from now on and had not been understood by itself.</summary>
    public void Tie(int tableOid, TableRecord record)
    {
        _lateIndexes.RemoveAll(i => i.TableOid == tableOid);
        _lateIndexes.AddRange(record.LateIndexes);
        _foreignKeys.RemoveAll(f => f.TableOid == tableOid);
        _foreignKeys.AddRange(record.ForeignKeys.Select(line => (tableOid, line)));
    }

    public void Tie(int viewOid, IReadOnlyList<(string Schema, string Name)> uses) => _viewUses.Add((viewOid, uses));

    /// <summary>Ties what the transaction has defined together.</summary>
    public void EndTransaction()
    {
        foreach ((int tableOid, ForeignKeyLine line) in _foreignKeys)
        {
            if (Catalog.Find(tableOid) is TableDefinition table)
            {
                ConstraintDefinition constraint = line.ToConstraint(Catalog, table, TakeOid());
                Catalog = Catalog.With(table with { Constraints = [.. table.Constraints, constraint] });
            }
        }
        foreach ((int viewOid, IReadOnlyList<(string Schema, string Name)> uses) in _viewUses)
        {
            if (Catalog.Find(viewOid) is ViewDefinition view)
            {
                Catalog = Catalog.With(view with { DependsOn = [.. uses.Select(RelationOid)] });
            }
        }
        _foreignKeys.Clear();
        _viewUses.Clear();
    }

    private int RelationOid((string Schema, string Name) name) => Catalog.FindRelation(name.Schema, name.Name) switch
    {
        TableDefinition table => table.Oid,
        ViewDefinition view => view.Oid,
        SequenceDefinition sequence => sequence.Oid,
        _ => throw new FormatException($"the view uses a relation \"{name.Name}\" that does not exist"),
    };
}
