using System.Globalization;
using PhantomDb.Catalog;
using PhantomDb.Planning.Logical;

namespace PhantomDb.Binding;

/// <summary>Collects what a definition statement changes; the catalog here is the one after the changes so far.</summary>
internal sealed class SchemaChangeBuilder(DatabaseCatalog catalog, int firstOid)
{
    private readonly int _firstOid = Math.Max(firstOid, catalog.NextOid);
    private readonly List<CatalogChange> _changes = [];
    private readonly List<StorageAction> _actions = [];
    private readonly List<string> _notices = [];
    private readonly List<string> _cascades = [];   // of the drop that is under way

    public DatabaseCatalog Catalog { get; private set; } = catalog.NextOid >= firstOid ? catalog : catalog with { NextOid = firstOid };

    public int TakeOid()
    {
        Catalog = Catalog.TakeOid(out int oid);
        return oid;
    }

    public void Put(TableDefinition table) => Change(new PutTable(table));

    public void Put(ViewDefinition view) => Change(new PutView(view));

    public void Put(SequenceDefinition sequence) => Change(new PutSequence(sequence));

    public void Put(SchemaDefinition schema) => Change(new PutSchema(schema));

    public void RemoveSchema(string name) => Change(new RemoveSchema(name));

    public void RemoveRelation(int oid) => Change(new RemoveRelation(oid));

    public void Do(StorageAction action) => _actions.Add(action);

    public void Notice(string message) => _notices.Add(message);

    /// <summary>Notes an object that goes with what is dropped.</summary>
    public void CascadeTo(string what) => _cascades.Add($"drop cascades to {what}");

    /// <summary>A drop is complete: one notice tells all that went with it.</summary>
    public void EndCascade()
    {
        if (_cascades.Count > 0)
        {
            _notices.Add(_cascades.Count == 1 ? _cascades[0]
                : string.Create(CultureInfo.InvariantCulture, $"drop cascades to {_cascades.Count} other objects\nDETAIL: {string.Join('\n', _cascades)}"));
            _cascades.Clear();
        }
    }

    public SchemaChange Build(string tag)
    {
        EndCascade();
        return new SchemaChange(tag) { Changes = _changes, Actions = _actions, Notices = _notices, FirstOid = _firstOid, NextOid = Catalog.NextOid };
    }

    private void Change(CatalogChange change)
    {
        Catalog = SchemaChange.Apply(change, Catalog);
        _changes.Add(change);
    }
}
