using PhantomDb.Catalog;
using PhantomDb.Storage;

namespace PhantomDb.Durability;

/// <summary>Lines of definitions, each by itself: what a record of the log has for values.</summary>
internal sealed class DefinitionLines(DatabaseCatalog catalog, IReadOnlyDictionary<int, SequenceStore> sequences)
{
    public List<byte[]> Of(Action<DefinitionWriter> write)
    {
        List<byte[]> lines = [];
        write(new DefinitionWriter(catalog, sequences, (kind, cells) => lines.Add(DefinitionWriter.Line(kind, cells))));
        return lines;
    }
}
