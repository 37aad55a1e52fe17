using PhantomDb.Catalog;
using PhantomDb.Storage;

namespace PhantomDb.Durability.Recovery;

/// <summary>Applies what the log says of sequences: in records of their own, and with the tables that own them.</summary>
internal sealed class SequenceApplier(AppliedDefinitions definitions)
{
    /// <summary>A record SEQUENCE: the definition, and where the sequence is.</summary>
    public void Apply(string nameText, IReadOnlyList<byte[]> values)
    {
        var known = definitions.Find(nameText) as SequenceDefinition;
        (string kind, string[] cells) = DefinitionRecord.Line(values.Count > 0 ? values[0] : throw new FormatException("the line SEQUENCE is missing"));
        SequenceLine line = kind == "SEQUENCE" && cells.Length == 1 ? SequenceLine.Parse(cells[0]) : throw new FormatException("the line SEQUENCE is missing");
        for (int i = 1; i < values.Count; i++)
        {
            (kind, cells) = DefinitionRecord.Line(values[i]);
            line = kind == "COMMENT" && cells.Length == 3 ? line with { Definition = line.Definition with { Comment = cells[2] } } : throw DefinitionRecord.NotKnown(kind);
        }
        int oid = Set(line, known is null ? (0, 0) : (known.OwnerTableOid, known.OwnerColumnNumber));
        definitions.Storage.GetSequence(oid).TrySet(line.Last, line.IsCalled);
    }

    /// <summary>A position that is there stays: records of the sequence's own say how it goes on. Gives the oid.</summary>
    public int Set(SequenceLine line, (int TableOid, int ColumnNumber) owner)
    {
        SequenceDefinition definition = line.Definition with { OwnerTableOid = owner.TableOid, OwnerColumnNumber = owner.ColumnNumber };
        if (definitions.Catalog.FindRelation(definition.Schema, definition.Name) is SequenceDefinition known)
        {
            definition = definition with { Oid = known.Oid, Version = known.Version };
            definitions.Replace(definition);
        }
        else
        {
            definitions.EnsureNew(definition.Schema, definition.Name);
            definition = definition with { Oid = definitions.TakeOid() };
            var store = new SequenceStore(definition);
            store.TrySet(line.Last, line.IsCalled);
            definitions.Storage.SetSequence(store);
            definitions.Catalog = definitions.Catalog.With(definition);
        }
        return definition.Oid;
    }
}
