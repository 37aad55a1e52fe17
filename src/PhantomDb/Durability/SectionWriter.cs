using System.Globalization;
using System.Text;
using PhantomDb.Catalog;
using PhantomDb.Csv;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Durability;

/// <summary>
/// Writes a database's sections: schemas, sequences of no table, tables by name, views by name. The same content gives
/// the same bytes: rows by primary key, else as storage keeps them, which is as they were inserted, but for those that took the
/// place of deleted ones.
/// </summary>
internal sealed class SectionWriter(DatabaseContent content, FileOutput output, bool isSealed)
{
    private const int BlockRowCount = 16384;

    private readonly List<SectionSeal> _sections = [];

    public List<SectionSeal> WriteAll()
    {
        DatabaseCatalog catalog = content.Catalog;
        foreach (SchemaDefinition schema in catalog.Schemas.Where(s => s.Name != DatabaseCatalog.DefaultSchema || s.Comment is not null))
        {
            WriteSection("SCHEMA", DefinitionText.Quote(schema.Name), _ => WriteComment(schema.Comment, "SCHEMA"));
        }
        foreach (SequenceDefinition sequence in InOrder(catalog.Sequences.Where(s => s.OwnerTableOid == 0), s => s.Schema, s => s.Name))
        {
            WriteSection("SEQUENCE", NameOf(sequence.Schema, sequence.Name), _ => WriteSequence(sequence, null));
        }
        foreach (TableDefinition table in InOrder(catalog.Tables, t => t.Schema, t => t.Name))
        {
            WriteSection("TABLE", NameOf(table.Schema, table.Name), blocks => WriteTable(table, blocks));
        }
        foreach (ViewDefinition view in InOrder(catalog.Views, v => v.Schema, v => v.Name))
        {
            WriteSection("VIEW", NameOf(view.Schema, view.Name), _ => WriteView(view));
        }
        return _sections;
    }

    private static IEnumerable<T> InOrder<T>(IEnumerable<T> items, Func<T, string> schema, Func<T, string> name) =>
        items.OrderBy(schema, StringComparer.Ordinal).ThenBy(name, StringComparer.Ordinal);

    /// <summary>The schema is named only where it is not public.</summary>
    private static string NameOf(string schema, string name) =>
        schema == DatabaseCatalog.DefaultSchema ? DefinitionText.Quote(name) : $"{DefinitionText.Quote(schema)}.{DefinitionText.Quote(name)}";

    private void WriteSection(string kind, string name, Func<List<BlockSeal>, long> write) 
    {
        output.Append((byte)'\n');
        long offset = output.Offset;
        output.StartSection();
        WriteLine("", $"[{kind}:{name}]");
        List<BlockSeal> blocks = [];
        long rowCount = write(blocks);
        var seal = new SectionSeal(offset, output.Offset - offset, rowCount, output.EndSection(), blocks);
        _sections.Add(seal);
        if (isSealed)
        {
            output.Append(string.Create(CultureInfo.InvariantCulture, $"# Rows: {rowCount} | CRC: {Checksum.Text(seal.Crc)}\n"));
        }
    }

    private void WriteSection(string kind, string name, Action<List<BlockSeal>> write) => WriteSection(kind, name, blocks =>
    {
        write(blocks);
        return 0;
    });

    private long WriteTable(TableDefinition table, List<BlockSeal> blocks)
    {
        WriteLine("COLUMNS:", [.. table.Columns.Select(c => $"{DefinitionText.Quote(c.Name)}:{TypeText.Format(c.Type)}")]);
        WriteComment(table.Comment, "TABLE");
        WriteColumnFacts(table);
        foreach (ConstraintDefinition constraint in table.Constraints.OrderBy(c => c.Kind).ThenBy(c => c.Name, StringComparer.Ordinal))
        {
            WriteLine("CONSTRAINT:", $"{DefinitionText.Quote(constraint.Name)} {ConstraintText(table, constraint)}");
            WriteComment(constraint.Comment, "CONSTRAINT", DefinitionText.Quote(constraint.Name));
        }
        foreach (IndexDefinition index in table.Indexes.Where(i => !i.IsConstraint).OrderBy(i => i.Name, StringComparer.Ordinal))
        {
            WriteLine("INDEX:", $"{DefinitionText.Quote(index.Name)} {IndexText(table, index)}");
            WriteComment(index.Comment, "INDEX", DefinitionText.Quote(index.Name));
        }
        WriteLine("DATA:", [.. table.Columns.Select(c => DefinitionText.Quote(c.Name))]);
        return WriteRows(table, blocks);
    }

    private void WriteColumnFacts(TableDefinition table)
    {
        int[] key = [.. table.PrimaryKey?.Columns ?? []];
        string[] notNull = [.. table.Columns.Where(c => c.IsNotNull && !key.Contains(c.Number)).Select(c => DefinitionText.Quote(c.Name))];
        if (notNull.Length > 0)
        {
            WriteLine("NOTNULL:", notNull);
        }
        foreach (ColumnDefinition column in table.Columns)
        {
            string name = DefinitionText.Quote(column.Name);
            if (column.DefaultText is not null)
            {
                WriteLine("DEFAULT:", name, column.DefaultText);
            }
            if (column.SequenceOid != 0 && content.Catalog.Find(column.SequenceOid) is SequenceDefinition used && column.Identity != IdentityKind.None)
            {
                WriteLine("IDENTITY:", name, column.Identity == IdentityKind.Always ? "ALWAYS" : "BY DEFAULT", NameOf(used.Schema, used.Name));
            }
            WriteComment(column.Comment, "COLUMN", name);
        }
        foreach (SequenceDefinition sequence in
            InOrder(content.Catalog.SequencesOf(table.Oid), s => s.Schema, s => s.Name))
        {
            WriteSequence(sequence, table);
        }
    }

    private void WriteView(ViewDefinition view)
    {
        WriteLine("COLUMNS:", [.. view.Columns.Select(c => $"{DefinitionText.Quote(c.Name)}:{TypeText.Format(c.Type)}")]);
        WriteComment(view.Comment, "VIEW");
        string[] names = [.. view.DependsOn.Select(RelationName).OfType<string>().Order(StringComparer.Ordinal)];
        if (names.Length > 0)
        {
            WriteLine("USES:", names);
        }
        WriteLine("QUERY:", view.QueryText);
    }

    private void WriteSequence(SequenceDefinition sequence, TableDefinition? owner)
    {
        (long last, bool isCalled) = content.Sequences.TryGetValue(sequence.Oid, out SequenceStore? store)
            ? store.Position : (sequence.Start, false);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{NameOf(sequence.Schema, sequence.Name)} AS {sequence.Type.BaseName} START {sequence.Start}");
        text.Append(CultureInfo.InvariantCulture, $" INCREMENT {sequence.Increment} MINVALUE {sequence.Minimum} MAXVALUE {sequence.Maximum}");
        text.Append(CultureInfo.InvariantCulture, $" CACHE {sequence.Cache}{(sequence.Cycles ? " CYCLE" : "")}");
        if (owner is not null && ColumnName(owner, sequence.OwnerColumnNumber) is string column)
        {
            text.Append(CultureInfo.InvariantCulture, $" OWNED BY {DefinitionText.Quote(column)}");
        }
        text.Append(CultureInfo.InvariantCulture, $" LAST {last}{(isCalled ? " CALLED" : "")}");
        WriteLine("SEQUENCE:", text.ToString());
        WriteComment(sequence.Comment, "SEQUENCE", NameOf(sequence.Schema, sequence.Name));
    }

    private string ConstraintText(TableDefinition table, ConstraintDefinition constraint)
    {
        string columns = ColumnList(table, constraint.Columns);
        string text = constraint.Kind switch
        {
            ConstraintKind.PrimaryKey => $"PRIMARY KEY {columns}",
            ConstraintKind.Unique =>
                $"UNIQUE {(table.Indexes.Any(i => i.Oid == constraint.IndexOid && i.NullsEqual) ? "NULLS NOT DISTINCT " : "")}{columns}",
            ConstraintKind.Check => $"CHECK ({constraint.CheckText})",
            ConstraintKind.ForeignKey => $"FOREIGN KEY {columns} {ReferenceText(constraint)}",
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        string deferred = constraint.IsInitiallyDeferred ? " DEFERRABLE INITIALLY DEFERRED" : constraint.IsDeferrable ? " DEFERRABLE" : "";
        return text + deferred + (constraint.IsNotValid ? " NOT VALID" : "");
    }

    private string ReferenceText(ConstraintDefinition constraint)
    {
        TableDefinition other = content.Catalog.GetTable(constraint.ReferencedTableOid);
        return $"REFERENCES {NameOf(other.Schema, other.Name)} {ColumnList(other, constraint.ReferencedColumns)}"
            + (constraint.IsMatchFull ? " MATCH FULL" : "")
            + ActionText(" ON DELETE", constraint.OnDelete)
            + ActionText(" ON UPDATE", constraint.OnUpdate);
    }

    private static string ActionText(string mark, ReferentialAction action) => action switch
    {
        ReferentialAction.NoAction => "",
        ReferentialAction.Restrict => $"{mark} RESTRICT",
        ReferentialAction.Cascade => $"{mark} CASCADE",
        ReferentialAction.SetNull => $"{mark} SET NULL",
        ReferentialAction.SetDefault => $"{mark} SET DEFAULT",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static string IndexText(TableDefinition table, IndexDefinition index)
    {
        IEnumerable<string> columns = index.Columns.Select(c =>
            (table.FindExpression(c.ColumnNumber) is { } expression ? $"({expression.Text})" : DefinitionText.Quote(ColumnName(table, c.ColumnNumber)!))
            + (c.OperatorClass is null ? "" : $" {c.OperatorClass}")
            + (c.IsDescending ? " DESC" : "")
            + (c.NullsFirst == c.IsDescending ? "" : c.NullsFirst ? " NULLS FIRST" : " NULLS LAST"));
        return $"{(index.IsUnique ? "UNIQUE " : "")}{(index.NullsEqual ? "NULLS NOT DISTINCT " : "")}({string.Join(", ", columns)})"
            + (index.Included.Count > 0 ? $" INCLUDE {ColumnList(table, index.Included)}" : "")
            + (index.IsPartial ? $" WHERE {table.FindExpression(index.PredicateNumber)!.Text}" : "");
    }

    private static string ColumnList(TableDefinition table, IEnumerable<int> numbers) =>
        $"({DefinitionText.QuoteList(numbers.Select(n => ColumnName(table, n)!))})";

    private static string? ColumnName(TableDefinition table, int number) =>
        table.IndexOfNumber(number) is >= 0 and int i ? table.Columns[i].Name : null;

    private string? RelationName(int oid) => content.Catalog.Find(oid) switch
    {
        TableDefinition table => NameOf(table.Schema, table.Name),
        ViewDefinition view => NameOf(view.Schema, view.Name),
        SequenceDefinition sequence => NameOf(sequence.Schema, sequence.Name),
        _ => null,
    };

    private void WriteComment(string? comment, params ReadOnlySpan<string> target)
    {
        if (comment is not null)
        {
            WriteLine("COMMENT:", [.. target, comment]);
        }
    }

    private void WriteLine(string kind, params ReadOnlySpan<string> cells)
    {
        ReadOnlySpan<byte> prefix = Encoding.ASCII.GetBytes(kind);
        if (cells.IsEmpty)
        {
            output.Append(prefix);   // a table without columns
        }
        for (int i = 0; i < cells.Length; i++)
        {
            if (i > 0)
            {
                output.Append((byte)',');
                prefix = [];
            }
            byte[] value = Encoding.UTF8.GetBytes(cells[i]);
            output.Advance(CsvCell.Write(prefix, value, output.Reserve(CsvCell.LengthMax(prefix.Length, value.Length))));
        }
        output.Append((byte)'\n');
    }

    private long WriteRows(TableDefinition table, List<BlockSeal> blocks)
    {
        if (!content.Tables.TryGetValue(table.Oid, out TableStore? store))
        {
            return 0;
        }
        var rows = new RowWriter(table, output);
        long count = 0;
        long blockStart = 0;
        long blockOffset = output.Offset;
        output.StartBlock();
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
            blocks.Add(new BlockSeal(blockOffset, output.Offset - blockOffset, count - blockStart, output.EndBlock()));
            blockStart = count;
            blockOffset = output.Offset;
            output.StartBlock();
        }
    }

    // By primary key, else as storage keeps them. The chunk is the same each time.
    private IEnumerable<DataChunk> ChunksOf(TableStore store)
    {
        var chunk = new DataChunk([.. store.Definition.Columns.Select(c => c.Type.Physical)]);
        int[] numbers = [.. store.Definition.Columns.Select(c => c.Number)];
        if (store.Definition.PrimaryKey is { } key && store.FindIndex(key.IndexOid) is { } index && !index.IsInRowOrder())
        {
            var scan = new IndexRangeScan(store, index, numbers);
            scan.Seek([], []);
            bool hasMore = true;
            while (hasMore)
            {
                RowBuffer.Clear(chunk);
                while (chunk.Count < DataChunk.Capacity && (hasMore = scan.TryNext(content.View, out _)))
                {
                    scan.Row.AppendTo(chunk);
                }
                yield return chunk;
            }
            yield break;
        }
        TableScan.Worker worker = store.Scan(numbers, content.View).NewWorker();
        while (worker.TryNext(chunk))
        {
            yield return chunk;
        }
    }
}
