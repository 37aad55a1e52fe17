using System.Globalization;
using System.Text;

namespace PhantomDb;

/// <summary>A statement that has taken at least as long as <c>log_min_duration_statement</c> says: <see cref="Database.SlowStatement"/>. Parameters' values are not in it.</summary>
public sealed record SlowStatement
{
    private const int LineLengthMax = 1000;

    /// <summary>The statement as it was given, with the literals that are in it; of several statements in one call of <see cref="Session.Execute"/>, all of them.</summary>
    public required string Text { get; init; }

    /// <summary>
    /// From the call until the statement's end. A query ends when all rows have been read or the result is closed, so that it includes what its reader does in between, as a
    /// server's includes the sending of rows; a result that is held open after its last row does not count. Parsing is included, unless the statement was prepared before.
    /// </summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Rows changed, or read; 0 where the statement failed before it gave any, or is one without rows.</summary>
    public long RowCount { get; init; }

    /// <summary>Number of the session among all of the database.</summary>
    public required int ProcessId { get; init; }

    /// <summary>The session's setting application_name.</summary>
    public string ApplicationName { get; init; } = "";

    /// <summary>With what the statement failed: 57014 where it was cancelled or took longer than <c>statement_timeout</c>; null where it did not fail.</summary>
    public string? SqlState { get; init; }

    /// <summary>The text as one line, of a thousand characters at most: for logs.</summary>
    public string TextLine
    {
        get
        {
            StringBuilder line = new();
            foreach (char c in Text)
            {
                if (line.Length == LineLengthMax)
                {
                    return line.Append('…').ToString();
                }
                if (!char.IsControl(c) && c != ' ')
                {
                    line.Append(c);
                }
                else if (line.Length > 0 && line[^1] != ' ')
                {
                    line.Append(' ');
                }
            }
            return line.ToString().TrimEnd();
        }
    }

    /// <summary>Time, rows or SQLSTATE, and the text, in one line.</summary>
    public string ToLine() => string.Create(CultureInfo.InvariantCulture,
        $"{Duration.TotalMilliseconds:F1} ms, {SqlState ?? (RowCount == 1 ? "1 row" : $"{RowCount} rows")}: {TextLine}");
}
