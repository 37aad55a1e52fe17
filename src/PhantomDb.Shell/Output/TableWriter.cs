using System.Text;

namespace PhantomDb.Shell.Output;

/// <summary>
/// Aligned columns as psql shows them. Widths are measured on the first thousand rows, which it holds back; a later value
/// that is wider pushes its row out of line rather than being cut. NULL is the word NULL; a value of several lines takes
/// several, each but the last marked with a plus.
/// </summary>
internal sealed class TableWriter(bool isTerminal, bool isBoxed) : RowWriter
{
    private const int WindowRowCount = 1000;

    /// <summary>Characters of values to hold back at most: a window of very long values is a shorter one.</summary>
    private const int WindowSize = 1 << 20;

    private readonly string _bar = isTerminal || isBoxed ? "│" : "|";
    private readonly string _edge = isBoxed ? "│" : "";

    public override void Write(RowSource rows, OutputSink output)
    {
        RowColumn[] columns = [.. rows.Columns];
        List<string[]> window = [];
        int size = 0;
        bool isWhole = false;
        while (window.Count < WindowRowCount && size < WindowSize)
        {
            if (!rows.Read())
            {
                isWhole = true;
                break;
            }
            string[] row = ReadRow(rows);
            size += row.Sum(cell => cell.Length);
            window.Add(row);
        }
        int[] widths = [.. columns.Select((column, i) => Math.Max(WidthOf(column.Name), window.Select(row => WidthOf(row[i])).DefaultIfEmpty().Max()))];
        WriteHeader(columns, widths, output);
        long count = window.Count;
        foreach (string[] row in window)
        {
            WriteRow(row, columns, widths, output);
        }
        while (!isWhole && rows.Read())
        {
            WriteRow(ReadRow(rows), columns, widths, output);
            count++;
        }
        if (isBoxed)
        {
            output.WriteLine($"└{string.Join('┴', widths.Select(width => new string('─', width + 2)))}┘");
        }
        if (isTerminal)
        {
            output.WriteLine(count == 1 ? "(1 row)" : $"({count} rows)");
        }
    }

    private string[] ReadRow(RowSource rows)
    {
        string[] row = new string[rows.Columns.Count];
        for (int i = 0; i < row.Length; i++)
        {
            row[i] = rows.IsNull(i) ? "NULL" : Encoding.UTF8.GetString(TextOf(rows, i));
        }
        return row;
    }

    /// <summary>Width of the widest line.</summary>
    private static int WidthOf(string text) =>
        text.Contains('\n', StringComparison.Ordinal) ? text.Split('\n').Max(TextWidth.Of) : TextWidth.Of(text);

    private void WriteHeader(RowColumn[] columns, int[] widths, OutputSink output)
    {
        StringBuilder line = new(_edge);
        for (int i = 0; i < columns.Length; i++)
        {
            string name = columns[i].Name.Replace('\n', ' ');
            int space = widths[i] - TextWidth.Of(name);
            line.Append(i > 0 ? _bar : "").Append(' ').Append(' ', space / 2).Append(name).Append(' ', space - (space / 2)).Append(' ');
        }
        bool hasLines = isTerminal || isBoxed;
        if (isBoxed)
        {
            output.WriteLine($"┌{string.Join('┬', widths.Select(width => new string('─', width + 2)))}┐");
        }
        output.WriteLine(line.Append(_edge).ToString().TrimEnd());
        string rule = string.Join(hasLines ? '┼' : '+', widths.Select(width => new string(hasLines ? '─' : '-', width + 2)));
        output.WriteLine(isBoxed ? $"├{rule}┤" : rule);
    }

    private void WriteRow(string[] row, RowColumn[] columns, int[] widths, OutputSink output)
    {
        bool isOneLine = !row.Any(cell => cell.Contains('\n', StringComparison.Ordinal));
        string[][] cells = [.. row.Select(cell => isOneLine ? [cell] : cell.Split('\n'))];
        int height = isOneLine ? 1 : cells.Max(lines => lines.Length);
        StringBuilder line = new();
        for (int k = 0; k < height; k++)
        {
            line.Clear().Append(_edge);
            for (int i = 0; i < cells.Length; i++)
            {
                string text = k < cells[i].Length ? cells[i][k] : "";
                int space = Math.Max(0, widths[i] - TextWidth.Of(text));
                bool isRight = columns[i].Kind == ColumnKind.Number;
                line.Append(i > 0 ? _bar : "").Append(' ');
                line.Append(' ', isRight ? space : 0).Append(text).Append(' ', isRight ? 0 : space);
                line.Append(k < cells[i].Length - 1 ? '+' : ' ');
            }
            output.WriteLine(line.Append(_edge).ToString().TrimEnd(' '));
        }
    }
}
