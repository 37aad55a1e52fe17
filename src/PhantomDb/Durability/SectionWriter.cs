using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using PhantomDb.Catalog;
using PhantomDb.Csv;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Durability;

/// <summary>
/// Writes a database's sections: settings, schemas, sequences of no table, tables by name, views by name. The same content gives
/// the same bytes: rows by primary key, else as storage keeps them, which is as they were inserted, but for those that took the
/// place of deleted ones.
/// </summary>
internal sealed class SectionWriter
{
    private const int BlockRowCount = 16384;
    private const int ChunkBytesMax = 1 << 20;

    private readonly DatabaseContent _content;
    private readonly FileOutput _output;
    private readonly bool _isSealed;
    private readonly DefinitionWriter _definitions;
    private readonly List<SectionSeal> _sections = [];

    /// <summary>Where the rows of each table stand.</summary>
    public ConditionalWeakTable<TableStore, SectionSeal> Tables { get; } = [];

    public SectionWriter(DatabaseContent content, FileOutput output, bool isSealed)
    {
        (_content, _output, _isSealed) = (content, output, isSealed);
        _definitions = new DefinitionWriter(content.Catalog, content.Sequences, WriteLine);
    }

    public List<SectionSeal> WriteAll()
    {
        DatabaseCatalog catalog = _content.Catalog;
        if (!catalog.Settings.IsEmpty)
        {
            WriteSection("SETTINGS", SectionLoader.SettingsName, _ => WriteSettings(catalog.Settings));
        }
        foreach (SchemaDefinition schema in catalog.Schemas.Where(s => s.Name != DatabaseCatalog.DefaultSchema || s.Comment is not null))
        {
            WriteSection("SCHEMA", DefinitionText.Quote(schema.Name), _ => _definitions.WriteSchema(schema));
        }
        foreach (SequenceDefinition sequence in InOrder(catalog.Sequences.Where(s => s.OwnerTableOid == 0), s => s.Schema, s => s.Name))
        {
            WriteSection("SEQUENCE", DefinitionText.NameOf(sequence.Schema, sequence.Name), _ => _definitions.WriteSequence(sequence, null));
        }
        foreach (TableDefinition table in InOrder(catalog.Tables, t => t.Schema, t => t.Name))
        {
            WriteSection("TABLE", DefinitionText.NameOf(table.Schema, table.Name), blocks => WriteTable(table, blocks));
            if (_content.Tables.TryGetValue(table.Oid, out TableStore? store))
            {
                Tables.Add(store, _sections[^1]);
            }
        }
        foreach (ViewDefinition view in InOrder(catalog.Views, v => v.Schema, v => v.Name))
        {
            WriteSection("VIEW", DefinitionText.NameOf(view.Schema, view.Name), _ => _definitions.WriteView(view));
        }
        return _sections;
    }

    private static IEnumerable<T> InOrder<T>(IEnumerable<T> items, Func<T, string> schema, Func<T, string> name) =>
        items.OrderBy(schema, StringComparer.Ordinal).ThenBy(name, StringComparer.Ordinal);

    private void WriteSection(string kind, string name, Func<List<BlockSeal>, long> write) 
    {
        _output.Append((byte)'\n');
        long offset = _output.Offset;
        _output.StartSection();
        WriteLine("", $"[{kind}:{name}]");
        List<BlockSeal> blocks = [];
        long rowCount = write(blocks);
        var seal = new SectionSeal(offset, _output.Offset - offset, rowCount, _output.EndSection(), blocks);
        _sections.Add(seal);
        if (_isSealed)
        {
            _output.Append(string.Create(CultureInfo.InvariantCulture, $"# Rows: {rowCount} | CRC: {Checksum.Text(seal.Crc)}\n"));
        }
    }

    private void WriteSection(string kind, string name, Action<List<BlockSeal>> write) => WriteSection(kind, name, blocks =>
    {
        write(blocks);
        return 0;
    });

    private void WriteSettings(IReadOnlyDictionary<string, string> settings)
    {
        foreach ((string name, string value) in settings)
        {
            WriteLine("SETTING:", name, value);
        }
    }

    private long WriteTable(TableDefinition table, List<BlockSeal> blocks)
    {
        _definitions.WriteTable(table);
        WriteLine("DATA:", [.. table.Columns.Select(c => DefinitionText.Quote(c.Name))]);
        return WriteRows(table, blocks);
    }

    private void WriteLine(string kind, params ReadOnlySpan<string> cells)
    {
        _output.Append(DefinitionWriter.Line(kind, cells));
        _output.Append((byte)'\n');
    }

    private long WriteRows(TableDefinition table, List<BlockSeal> blocks)
    {
        if (!_content.Tables.TryGetValue(table.Oid, out TableStore? store))
        {
            return 0;
        }
        if (_content.Unchanged?.Find(store) is { } old)
        {
            foreach (BlockSeal block in old.Blocks)
            {
                blocks.Add(_content.Unchanged.Copy(block, _output));
            }
            return old.RowCount;
        }
        var rows = new RowWriter(table, _output);
        long count = 0;
        long blockStart = 0;
        long blockOffset = _output.Offset;
        _output.StartBlock();
        foreach (DataChunk chunk in ChunksOf(store))
        {
            for (int first = 0; first < chunk.Count;)
            {
                int some = (int)Math.Min(chunk.Count - first, BlockRowCount - (count - blockStart));
                rows.Write(chunk, first, some);
                first += some;
                count += some;
                if (count - blockStart == BlockRowCount)
                {
                    EndBlock();
                }
            }
        }
        if (count > blockStart)
        {
            EndBlock();
        }
        return count;

        void EndBlock()
        {
            blocks.Add(new BlockSeal(blockOffset, _output.Offset - blockOffset, count - blockStart, _output.EndBlock()));
            blockStart = count;
            blockOffset = _output.Offset;
            _output.StartBlock();
        }
    }

    // By primary key, else as storage keeps them. The chunk is the same each time.
    private IEnumerable<DataChunk> ChunksOf(TableStore store)
    {
        var chunk = new DataChunk([.. store.Definition.Columns.Select(c => c.Type.Physical)]);
        int[] numbers = [.. store.Definition.Columns.Select(c => c.Number)];
        int[] strings = [.. Enumerable.Range(0, numbers.Length).Where(i => store.Definition.Columns[i].Type.Physical == PhysicalType.String)];
        if (store.Definition.PrimaryKey is { } key && store.FindIndex(key.IndexOid) is { } index && !index.IsInRowOrder())
        {
            var scan = new IndexRangeScan(store, index, numbers);
            scan.Seek([], []);
            bool hasMore = true;
            while (hasMore)
            {
                RowBuffer.Clear(chunk);
                long bytes = 0;   // strings are copied: a chunk of long ones is a short one
                while (chunk.Count < DataChunk.Capacity && bytes < ChunkBytesMax && (hasMore = scan.TryNext(_content.View, out _)))
                {
                    scan.Row.AppendTo(chunk);
                    bytes += LengthOf(chunk, strings);
                }
                yield return chunk;
            }
            yield break;
        }
        TableScan.Worker worker = store.Scan(numbers, _content.View).NewWorker(holdsBriefly: true);
        try
        {
            while (worker.TryNext(chunk))
            {
                yield return chunk;
            }
        }
        finally
        {
            worker.Release();
        }
    }

    private static long LengthOf(DataChunk chunk, int[] strings)
    {
        int last = chunk.Count - 1;
        long length = 0;
        foreach (int column in strings)
        {
            Vector vector = chunk.Vectors[column];
            length += vector.IsValid(last) ? vector.Data<StringView>()[last].Length : 0;
        }
        return length;
    }
}
