using System.Globalization;
using PhantomDb.Shell.Output;

namespace PhantomDb.Shell;

/// <summary>Errors as text: the SQLSTATE and message first, then the line of SQL with a caret, then what else is known.</summary>
internal static class ErrorReport
{
    /// <summary>Characters of a line of SQL that are shown at most: a line may be an INSERT of megabytes.</summary>
    private const int LineLengthMax = 120;

    private const int RoomMin = 20;

    /// <param name="error">The error.</param>
    /// <param name="sql">The statement that its position is in; null where there is none.</param>
    /// <param name="firstLine">Line of the source at which the statement starts.</param>
    /// <param name="source">Name of the script's file; null where it has none.</param>
    /// <param name="width">Columns of the screen, to which the line of SQL is cut around the place.</param>
    public static string Format(PhantomDbException error, string? sql, long firstLine, string? source, int width = int.MaxValue)
    {
        StringWriter text = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        text.WriteLine($"ERROR: {error.SqlState}: {error.Message}");
        if (sql is not null && error.Position >= 0 && error.Position <= sql.Length)
        {
            WritePlace(text, sql, error.Position, firstLine, width);
        }
        WriteField(text, "DETAIL", error.Detail);
        WriteField(text, "HINT", error.Hint);
        WriteField(text, "CONTEXT", error.Where);
        WriteField(text, "FILE", source is null ? null : $"{source}, statement at line {firstLine}");
        return text.ToString();
    }

    /// <summary>Whatever goes wrong is told as an error with an SQLSTATE.</summary>
    public static PhantomDbException AsDatabaseError(Exception error) => error switch
    {
        PhantomDbException known => known,
        UnauthorizedAccessException => new PhantomDbException("42501", error.Message, error),
        IOException or OutputException => new PhantomDbException("58030", error.Message, error),
        OutOfMemoryException or InsufficientExecutionStackException => new PhantomDbException("53200", error.Message, error),
        _ => new PhantomDbException("XX000", $"internal error: {error.GetType().Name}: {error.Message}", error)
        {
            Detail = Environment.GetEnvironmentVariable("PHANTOMDB_TRACE") is null ? null : error.StackTrace,
        },
    };

    private static void WriteField(StringWriter text, string name, string? value)
    {
        if (value is not null)
        {
            text.WriteLine($"{name}: {value}");
        }
    }

    private static void WritePlace(StringWriter text, string sql, int position, long firstLine, int width)
    {
        int start = position == 0 ? 0 : sql.LastIndexOf('\n', position - 1) + 1;
        int end = sql.IndexOf('\n', position) is >= 0 and int lineBreak ? lineBreak : sql.Length;
        long number = firstLine + sql.AsSpan(0, start).Count('\n');
        string lead = string.Create(CultureInfo.InvariantCulture, $"LINE {number}: ");
        int room = Math.Clamp(width - lead.Length - 7, RoomMin, LineLengthMax);   // beside three points at either end, and not in the last column
        int from = position - start > room / 2 && end - start > room ? Math.Max(start, Math.Min(position - (room / 2), end - room)) : start;
        int to = Math.Min(end, from + room);
        string prefix = lead + (from > start ? "..." : "");
        string line = sql[from..to].TrimEnd('\r').Replace('\t', ' ');
        text.WriteLine(prefix + line + (to < end ? "..." : ""));
        text.WriteLine(new string(' ', prefix.Length + TextWidth.Of(sql[from..position])) + "^");
    }
}
