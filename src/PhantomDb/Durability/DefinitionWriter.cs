using System.Globalization;
using System.Text;
using PhantomDb.Catalog;
using PhantomDb.Csv;
using PhantomDb.Storage;

namespace PhantomDb.Durability;

/// <summary>Takes a line of a definition: its kind with a colon, and its cells.</summary>
internal delegate void DefinitionLine(string kind, params ReadOnlySpan<string> cells);

/// <summary>
/// Writes definitions as lines of SQL text: the grammar that database files and the transaction log share, and
/// <see cref="SectionLoader"/> reads. Where the lines go is the caller's business.
/// </summary>
internal sealed class DefinitionWriter(DatabaseCatalog catalog, IReadOnlyDictionary<int, SequenceStore> sequences, DefinitionLine write)
{
    /// <summary>A line as bytes, without its end: cells of CSV, the first with the kind before it.</summary>
    public static byte[] Line(string kind, params ReadOnlySpan<string> cells)
    {
        ReadOnlySpan<byte> prefix = Encoding.ASCII.GetBytes(kind);
        if (cells.IsEmpty)
        {
            return prefix.ToArray();   // a table without columns
        }
        byte[] line = [];
        int length = 0;
        for (int i = 0; i < cells.Length; i++)
        {
            byte[] value = Encoding.UTF8.GetBytes(cells[i]);
            Array.Resize(ref line, length + 1 + CsvCell.LengthMax(prefix.Length, value.Length));
            if (i > 0)
            {
                line[length++] = (byte)',';
            }
            length += CsvCell.Write(prefix, value, line.AsSpan(length));
            prefix = [];
        }
        Array.Resize(ref line, length);
        return line;
    }

    public void WriteSchema(SchemaDefinition schema) => WriteComment(schema.Comment, "SCHEMA");

    public void WriteTable(TableDefinition table)
    {
        write("COLUMNS:", [.. table.Columns.Select(c => $"{DefinitionText.Quote(c.Name)}:{TypeText.Format(c.Type)}")]);
        WriteComment(table.Comment, "TABLE");
        WriteColumnFacts(table);
        foreach (ConstraintDefinition constraint in table.Constraints.OrderBy(c => c.Kind).ThenBy(c => c.Name, StringComparer.Ordinal))
        {
            write("CONSTRAINT:", $"{DefinitionText.Quote(constraint.Name)} {ConstraintText(table, constraint)}");
            WriteComment(constraint.Comment, "CONSTRAINT", DefinitionText.Quote(constraint.Name));
        }
        foreach (IndexDefinition index in table.Indexes.Where(i => !i.IsConstraint).OrderBy(i => i.Name, StringComparer.Ordinal))
        {
            write("INDEX:", $"{DefinitionText.Quote(index.Name)} {IndexText(table, index)}");
            WriteComment(index.Comment, "INDEX", DefinitionText.Quote(index.Name));
        }
    }

    private void WriteColumnFacts(TableDefinition table)
    {
        int[] key = [.. table.PrimaryKey?.Columns ?? []];
        string[] notNull = [.. table.Columns.Where(c => c.IsNotNull && !key.Contains(c.Number)).Select(c => DefinitionText.Quote(c.Name))];
        if (notNull.Length > 0)
        {
            write("NOTNULL:", notNull);
        }
        foreach (ColumnDefinition column in table.Columns)
        {
            string name = DefinitionText.Quote(column.Name);
            if (column.DefaultText is not null)
            {
                write("DEFAULT:", name, column.DefaultText);
            }
            if (column.SequenceOid != 0 && catalog.Find(column.SequenceOid) is SequenceDefinition used && column.Identity != IdentityKind.None)
            {
                write("IDENTITY:", name, column.Identity == IdentityKind.Always ? "ALWAYS" : "BY DEFAULT", DefinitionText.NameOf(used.Schema, used.Name));
            }
            WriteComment(column.Comment, "COLUMN", name);
        }
        foreach (SequenceDefinition sequence in
            catalog.SequencesOf(table.Oid).OrderBy(s => s.Schema, StringComparer.Ordinal).ThenBy(s => s.Name, StringComparer.Ordinal))
        {
            WriteSequence(sequence, table);
        }
    }

    public void WriteView(ViewDefinition view)
    {
        write("COLUMNS:", [.. view.Columns.Select(c => $"{DefinitionText.Quote(c.Name)}:{TypeText.Format(c.Type)}")]);
        WriteComment(view.Comment, "VIEW");
        string[] names = [.. view.DependsOn.Select(RelationName).OfType<string>().Order(StringComparer.Ordinal)];
        if (names.Length > 0)
        {
            write("USES:", names);
        }
        write("QUERY:", view.QueryText);
    }

    public void WriteSequence(SequenceDefinition sequence, TableDefinition? owner)
    {
        (long last, bool isCalled) = sequences.TryGetValue(sequence.Oid, out SequenceStore? store)
            ? store.ReservedPosition : (sequence.Start, false);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{DefinitionText.NameOf(sequence.Schema, sequence.Name)} AS {sequence.Type.BaseName} START {sequence.Start}");
        text.Append(CultureInfo.InvariantCulture, $" INCREMENT {sequence.Increment} MINVALUE {sequence.Minimum} MAXVALUE {sequence.Maximum}");
        text.Append(CultureInfo.InvariantCulture, $" CACHE {sequence.Cache}{(sequence.Cycles ? " CYCLE" : "")}");
        if (owner is not null && ColumnName(owner, sequence.OwnerColumnNumber) is string column)
        {
            text.Append(CultureInfo.InvariantCulture, $" OWNED BY {DefinitionText.Quote(column)}");
        }
        text.Append(CultureInfo.InvariantCulture, $" LAST {last}{(isCalled ? " CALLED" : "")}");
        write("SEQUENCE:", text.ToString());
        WriteComment(sequence.Comment, "SEQUENCE", DefinitionText.NameOf(sequence.Schema, sequence.Name));
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
        TableDefinition other = catalog.GetTable(constraint.ReferencedTableOid);
        return $"REFERENCES {DefinitionText.NameOf(other.Schema, other.Name)} {ColumnList(other, constraint.ReferencedColumns)}"
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

    private string? RelationName(int oid) => catalog.Find(oid) switch
    {
        TableDefinition table => DefinitionText.NameOf(table.Schema, table.Name),
        ViewDefinition view => DefinitionText.NameOf(view.Schema, view.Name),
        SequenceDefinition sequence => DefinitionText.NameOf(sequence.Schema, sequence.Name),
        _ => null,
    };

    private void WriteComment(string? comment, params ReadOnlySpan<string> target)
    {
        if (comment is not null)
        {
            write("COMMENT:", [.. target, comment]);
        }
    }
}
