using PhantomDb.Catalog;
using PhantomDb.Csv;
using PhantomDb.Storage;

namespace PhantomDb.Durability;

/// <summary>Writes a table's rows as lines: NULL is nothing, '' is "", and where the first cell needs quotes it has them as a whole.</summary>
internal sealed class RowWriter(TableDefinition table, FileOutput output)
{
    private readonly ValueText[] _texts = [.. table.Columns.Select(c => new ValueText(c.Type))];

    /// <summary>Writes the buffer's first values, which are the table's columns in their order.</summary>
    public void Write(RowBuffer row)
    {
        ReadOnlySpan<byte> prefix = "ROW:"u8;
        if (_texts.Length == 0)
        {
            output.Append(prefix);
        }
        for (int i = 0; i < _texts.Length; i++)
        {
            if (i > 0)
            {
                output.Append((byte)',');
                prefix = [];
            }
            if (row.IsNull(i))
            {
                output.Append(prefix);
                continue;
            }
            ReadOnlySpan<byte> value = _texts[i].Format(row, i);
            output.Advance(CsvCell.Write(prefix, value, output.Reserve(CsvCell.LengthMax(prefix.Length, value.Length))));
        }
        output.Append((byte)'\n');
    }
}
