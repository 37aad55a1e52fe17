using System.Text;
using PhantomDb.Shell.Output;

namespace PhantomDb.Shell.Editing;

/// <summary>
/// Draws a prompt, the text behind it and a menu below at the place where the terminal's cursor was, and again in the same place when any of them has changed. Lines that are too
/// long go on in the next row; of a text that is taller than the screen the rows around the cursor are shown.
/// </summary>
internal sealed class EditScreen(ITerminal terminal)
{
    private readonly List<int> _rowWidths = [];   // of what was drawn last
    private int _cursorRow;
    private int _cursorColumn;
    private int _drawnWidth;

    /// <param name="prompt">Before the first line.</param>
    /// <param name="continuation">Before each further line.</param>
    /// <param name="text">What is typed.</param>
    /// <param name="cursor">Its place in it.</param>
    /// <param name="colours">Of each unit of the text; null: none.</param>
    /// <param name="menu">Rows below, with their escape sequences; none wider than the terminal.</param>
    public void Draw(string prompt, string continuation, string text, int cursor, string?[]? colours, IReadOnlyList<string> menu)
    {
        int width = Math.Max(terminal.Width, 2), height = Math.Max(terminal.Height, 2);
        List<(string Text, int Width)> rows = Layout(prompt, continuation, text, cursor, colours, width, out int cursorRow, out int cursorColumn);
        int menuCount = Math.Min(menu.Count, height - 1);
        int room = height - menuCount;
        int first = rows.Count <= room ? 0 : Math.Clamp(cursorRow - room / 2, 0, rows.Count - room);
        int shown = Math.Min(rows.Count, room);

        StringBuilder output = new("\e[?25l");
        ToStart(output, width);
        for (int i = first; i < first + shown; i++)
        {
            output.Append(i == first ? "" : "\r\n").Append(rows[i].Text);
        }
        for (int i = 0; i < menuCount; i++)
        {
            output.Append("\r\n").Append(menu[i]);
        }
        int below = first + shown - 1 - cursorRow + menuCount;
        output.Append(below > 0 ? FormattableString.Invariant($"\e[{below}A") : "").Append('\r').Append(cursorColumn > 0 ? FormattableString.Invariant($"\e[{cursorColumn}C") : "").Append("\e[?25h");
        terminal.Write(output.ToString());

        _rowWidths.Clear();
        _rowWidths.AddRange(rows.Skip(first).Take(shown).Select(row => row.Width));
        (_cursorRow, _cursorColumn, _drawnWidth) = (cursorRow - first, cursorColumn, width);
    }

    /// <summary>Leaves what was drawn where it is, and the cursor at the beginning of the row below.</summary>
    public void Leave()
    {
        int below = _rowWidths.Count - 1 - _cursorRow;
        terminal.Write((below > 0 ? FormattableString.Invariant($"\e[{below}B") : "") + "\r\n\e[J");
        Forget();
    }

    /// <summary>An empty screen, which is drawn on from its first row.</summary>
    public void Clear()
    {
        terminal.Write("\e[H\e[2J");
        Forget();
    }

    private void Forget()
    {
        _rowWidths.Clear();
        (_cursorRow, _cursorColumn) = (0, 0);
    }

    // A terminal that has become narrower has cut rows in two, and has its cursor further down.
    private void ToStart(StringBuilder output, int width)
    {
        int up = _cursorRow;
        if (_drawnWidth > width)
        {
            up = _rowWidths.Take(_cursorRow).Sum(drawn => Math.Max((drawn + width - 1) / width, 1)) + (_cursorColumn / width);
        }
        output.Append(up > 0 ? FormattableString.Invariant($"\e[{up}A") : "").Append("\r\e[J");
    }

    private static List<(string Text, int Width)> Layout(string prompt, string continuation, string text, int cursor, string?[]? colours, int width, out int cursorRow, out int cursorColumn)
    {
        List<(string, int)> rows = [];
        (cursorRow, cursorColumn) = (0, 0);
        StringBuilder row = new(prompt);
        int column = TextWidth.Of(prompt), rowStart = 0, index = 0;
        while (true)
        {
            bool isEnd = index == text.Length;
            int length = isEnd ? 0 : text[index] == '\n' ? 1 : System.Globalization.StringInfo.GetNextTextElementLength(text, index);
            int wide = isEnd || text[index] == '\n' ? 0 : Math.Max(TextWidth.Of(text.Substring(index, length)), char.IsControl(text[index]) ? 1 : 0);
            if (column + wide > width || (column == width && (isEnd || index == cursor)))
            {
                EndRow();
            }
            if (index == cursor)
            {
                (cursorRow, cursorColumn) = (rows.Count, column);
            }
            if (isEnd)
            {
                EndRow();
                return rows;
            }
            index += length;
            column += wide;
            if (text[index - length] == '\n')
            {
                EndRow(index - 1);
                rowStart = index;
                row.Append(continuation);
                column = TextWidth.Of(continuation);
            }
        }

        void EndRow(int? end = null)
        {
            Highlighter.Append(row, text, rowStart, end ?? index, colours);
            rows.Add((row.ToString(), column));
            row.Clear();
            (column, rowStart) = (0, index);
        }
    }
}
