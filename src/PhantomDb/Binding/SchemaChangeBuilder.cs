using PhantomDb.Catalog;
using PhantomDb.Planning.Logical;

namespace PhantomDb.Binding;

/// <summary>Collects what a definition statement changes; the catalog here is the one after the changes so far.</summary>
internal sealed class SchemaChangeBuilder(DatabaseCatalog catalog)
{
    private readonly List<CatalogChange> _changes = [];
    private readonly List<StorageAction> _actions = [];
    private readonly List<string> _notices = [];

    public DatabaseCatalog Catalog { get; private set; } = catalog;

    public int TakeOid()
    {
        Catalog = Catalog.TakeOid(out int oid);
        return oid;
    }

    public void Put(TableDefinition table)
    {
        Catalog = Catalog.With(table);
        _changes.Add(new PutTable(table));
    }

    public void Put(ViewDefinition view)
    {
        Catalog = Catalog.With(view);
        _changes.Add(new PutView(view));
    }

    public void Put(SequenceDefinition sequence)
    {
        Catalog = Catalog.With(sequence);
        _changes.Add(new PutSequence(sequence));
    }

    public void Put(SchemaDefinition schema)
    {
        Catalog = Catalog.With(schema);
        _changes.Add(new PutSchema(schema));
    }

    public void RemoveSchema(string name)
    {
        Catalog = Catalog.WithoutSchema(name);
        _changes.Add(new RemoveSchema(name));
    }

    public void RemoveRelation(int oid)
    {
        Catalog = Catalog.Without(oid);
        _changes.Add(new RemoveRelation(oid));
    }

    public void Do(StorageAction action) => _actions.Add(action);

    public void Notice(string message) => _notices.Add(message);

    public SchemaChange Build(string tag) => new(tag) { Changes = _changes, Actions = _actions, Notices = _notices, NextOid = Catalog.NextOid };
}
