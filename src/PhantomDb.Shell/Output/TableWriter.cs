using System.Text;

namespace PhantomDb.Shell.Output;

/// <summary>
/// Aligned columns as psql shows them. Widths are measured on the first thousand rows, which it holds back; a later value
/// that is wider pushes its row out of line. On a screen of limited width texts too long for it are cut, a later one where its row
/// reaches the screen's edge, and columns that do not fit are hidden: the footer tells. Numbers and dates are never cut. NULL is the word NULL;
/// a value of several lines takes several, each but the last marked with a plus.
/// </summary>
internal sealed class TableWriter(RowView view, bool isBoxed) : RowWriter
{
    private const int WindowRowCount = 1000;

    /// <summary>Characters of values to hold back at most: a window of very long values is a shorter one.</summary>
    private const int WindowSize = 1 << 20;

    private readonly string _bar = view.IsTerminal || isBoxed ? "│" : "|";
    private readonly string _edge = isBoxed ? "│" : "";
    private bool[] _isCut = [];   // by column

    public override void Write(RowSource rows, OutputSink output)
    {
        RowColumn[] columns = [.. rows.Columns.Select(column => column with { Name = Shown(column.Name).Replace('\n', ' ') })];
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
        int[] wanted = new int[columns.Length], numbers = new int[columns.Length];
        for (int i = 0; i < columns.Length; i++)
        {
            int widest = 0;
            foreach (string[] row in window)
            {
                widest = Math.Max(widest, WidthOf(row[i]));
            }
            wanted[i] = Math.Max(Style.HasHeader ? WidthOf(columns[i].Name) : 1, widest);
            numbers[i] = IsWhole(columns[i]) ? widest : 0;
        }
        TableLayout layout = TableLayout.Fit(wanted, numbers, view.Width, isBoxed);
        int[] widths = layout.Widths;
        int spare = widths.AsSpan().SequenceEqual(wanted.AsSpan(0, widths.Length)) ? TableLayout.Room(widths.Length, view.Width, isBoxed) - widths.Sum() : 0;
        if (view.TurnsWide && !widths.SequenceEqual(wanted))
        {
            CountedRows all = new(new ReplayedRows(window, rows));
            new LineWriter { Style = Style }.Write(all, output);
            WriteFooter(all.Count, 0, output);
            return;
        }
        _isCut = new bool[widths.Length];
        WriteHeader(columns, widths, output);
        long count = window.Count;
        foreach (string[] row in window)
        {
            WriteRow(row, columns, widths, 0, output);
        }
        while (!isWhole && rows.Read())
        {
            WriteRow(ReadRow(rows), columns, widths, spare, output);
            count++;
        }
        if (isBoxed)
        {
            output.WriteLine($"└{string.Join('┴', widths.Select(width => new string('─', width + 2)))}┘");
        }
        WriteFooter(count, columns.Length - widths.Length, output);
    }

    private void WriteFooter(long rowCount, int hiddenCount, OutputSink output)
    {
        int cutCount = _isCut.Count(isCut => isCut);
        if (!view.IsTerminal || (!(view.CountsRows && Style.HasHeader) && cutCount + hiddenCount == 0))
        {
            return;
        }
        string rows = rowCount == 1 ? "1 row" : $"{rowCount} rows";
        string cut = cutCount == 0 ? "" : cutCount == 1 ? "1 column cut" : $"{cutCount} columns cut";
        string hidden = hiddenCount == 0 ? "" : cutCount > 0 ? $", {hiddenCount} hidden" : hiddenCount == 1 ? "1 column hidden" : $"{hiddenCount} columns hidden";
        output.WriteLine(cut.Length + hidden.Length == 0 ? $"({rows})" : $"({rows}; {cut}{hidden}: .width off shows all)");
    }

    private string Cut(string text, int column, int width)
    {
        if (view.Width == 0)
        {
            return text;
        }
        string kept = TextWidth.Cut(text, width);
        _isCut[column] |= !ReferenceEquals(kept, text);
        return kept;
    }

    private static int Excess(string text, int width) => Math.Max(0, TextWidth.Of(text) - width);

    private string[] ReadRow(RowSource rows)
    {
        string[] row = new string[rows.Columns.Count];
        for (int i = 0; i < row.Length; i++)
        {
            row[i] = rows.IsNull(i) ? Style.NullText ?? "NULL" : Shown(Encoding.UTF8.GetString(TextOf(rows, i)));
        }
        return row;
    }

    private string Shown(string text) => view.ShowsControls ? TextWidth.ExpandTabs(ControlCharacters.Escape(text)) : text;

    private static bool IsWhole(RowColumn column) => column.Kind is ColumnKind.Number or ColumnKind.Moment;

    /// <summary>Width of the widest line.</summary>
    private static int WidthOf(string text) =>
        text.Contains('\n', StringComparison.Ordinal) ? text.Split('\n').Max(TextWidth.Of) : TextWidth.Of(text);

    private void WriteHeader(RowColumn[] columns, int[] widths, OutputSink output)
    {
        if (isBoxed)
        {
            output.WriteLine($"┌{string.Join('┬', widths.Select(width => new string('─', width + 2)))}┐");
        }
        if (!Style.HasHeader)
        {
            return;
        }
        StringBuilder line = new(_edge);
        for (int i = 0; i < widths.Length; i++)
        {
            string name = Cut(columns[i].Name, i, widths[i]);
            int space = widths[i] - TextWidth.Of(name);
            line.Append(i > 0 ? _bar : "").Append(' ').Append(' ', space / 2).Append(name).Append(' ', space - (space / 2)).Append(' ');
        }
        output.WriteLine(line.Append(_edge).ToString().TrimEnd());
        bool hasLines = view.IsTerminal || isBoxed;
        string rule = string.Join(hasLines ? '┼' : '+', widths.Select(width => new string(hasLines ? '─' : '-', width + 2)));
        output.WriteLine(isBoxed ? $"├{rule}┤" : rule);
    }

    /// <param name="row">The values.</param>
    /// <param name="columns">The columns.</param>
    /// <param name="widths">Of those that are shown.</param>
    /// <param name="spare">Columns of the screen beside them, for values that are wider.</param>
    /// <param name="output">Where it goes.</param>
    private void WriteRow(string[] row, RowColumn[] columns, int[] widths, int spare, OutputSink output)
    {
        bool isOneLine = !row.Take(widths.Length).Any(cell => cell.Contains('\n', StringComparison.Ordinal));
        string[][] cells = [.. row.Take(widths.Length).Select(cell => isOneLine ? [cell] : cell.Split('\n'))];
        int height = isOneLine ? 1 : cells.Max(lines => lines.Length);
        StringBuilder line = new();
        for (int k = 0; k < height; k++)
        {
            line.Clear().Append(_edge);
            int left = spare;
            for (int i = 0; i < cells.Length; i++)
            {
                left -= IsWhole(columns[i]) && k < cells[i].Length ? Excess(cells[i][k], widths[i]) : 0;
            }
            left = Math.Max(0, left);
            for (int i = 0; i < cells.Length; i++)
            {
                string text = k < cells[i].Length ? cells[i][k] : "";
                bool isRight = columns[i].Kind == ColumnKind.Number;
                if (!IsWhole(columns[i]))
                {
                    text = Cut(text, i, widths[i] + left);
                    left -= Excess(text, widths[i]);
                }
                int space = Math.Max(0, widths[i] - TextWidth.Of(text));
                line.Append(i > 0 ? _bar : "").Append(' ');
                line.Append(' ', isRight ? space : 0).Append(text).Append(' ', isRight ? 0 : space);
                line.Append(k < cells[i].Length - 1 ? '+' : ' ');
            }
            output.WriteLine(line.Append(_edge).ToString().TrimEnd(' '));
        }
    }
}
