using System.Globalization;
using System.Text;

namespace PhantomDb;

/// <summary>A record of the transaction log: one changed row, one definition, or an entry that an application has made. Values are text, null for NULL.</summary>
/// <param name="Lsn">Its log sequence number: without gaps, in the order of the commits.</param>
/// <param name="Time">When the transaction was committed, in UTC; never goes back.</param>
/// <param name="TransactionId">The same for all records of a transaction; 0 for the log's own.</param>
/// <param name="Operation">INSERT, UPDATE, DELETE, TABLE … as docs/file-formats.md lists them, or the name of an entry of an application.</param>
public sealed record LogRecord(long Lsn, DateTime Time, long TransactionId, string Operation)
{
    /// <summary>Which record of its transaction it is, from 1.</summary>
    public int Part { get; init; } = 1;

    /// <summary>How many records the transaction has.</summary>
    public int PartCount { get; init; } = 1;

    /// <summary>What it is about, as SQL identifier, with the schema where that is not public; null where it is about none.</summary>
    public string? Table { get; init; }

    /// <summary>The row before an UPDATE or DELETE; null in all other records.</summary>
    public IReadOnlyList<string?>? Before { get; init; }

    /// <summary>The row after an INSERT or UPDATE; null in all other records.</summary>
    public IReadOnlyList<string?>? After { get; init; }

    /// <summary>What a record says that is about no row: lines of a definition, <c>key=value</c> of an application's entry; empty for rows.</summary>
    public IReadOnlyList<string?> Values { get; init; } = [];

    /// <summary>The file that it stands in, without folder.</summary>
    internal string Segment { get; init; } = "";

    /// <summary>The byte offset of its line in that file.</summary>
    internal long Position { get; init; }

    /// <summary>The value of a key of an application's entry; null where it has no such key.</summary>
    public string? this[string key]
    {
        get
        {
            ArgumentNullException.ThrowIfNull(key);
            foreach (string? value in Values)
            {
                if (value is not null && value.Length > key.Length && value[key.Length] == '=' && value.StartsWith(key, StringComparison.Ordinal))
                {
                    return value[(key.Length + 1)..];
                }
            }
            return null;
        }
    }

    /// <summary>One line: LSN, time (UTC), transaction, which of its records this is, operation, table, values; line ends in values as <c>\n</c>.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Lsn} {Time:yyyy-MM-dd HH:mm:ss.ffffff} {TransactionId} {Part}/{PartCount} {Operation}");
        if (Table is not null)
        {
            text.Append(' ').Append(Table);
        }
        if (Before is not null)
        {
            Append(text.Append(' '), Before);
        }
        if (After is not null)
        {
            Append(text.Append(Before is null ? " " : " -> "), After);
        }
        if (Values.Count > 0)
        {
            Append(text.Append(' '), Values);
        }
        return text.ToString();
    }

    private static void Append(StringBuilder text, IReadOnlyList<string?> values)
    {
        text.Append('(');
        for (int i = 0; i < values.Count; i++)
        {
            text.Append(i == 0 ? "" : ", ");
            if (values[i] is not { } value)
            {
                text.Append("NULL");
                continue;
            }
            bool needsQuotes = value.Length == 0 || value == "NULL" || value[0] == ' ' || value[^1] == ' ' || value.AsSpan().IndexOfAny(",'()") >= 0;
            string plain = value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal);
            text.Append(needsQuotes ? $"'{plain.Replace("'", "''", StringComparison.Ordinal)}'" : plain);
        }
        text.Append(')');
    }
}
