using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace PhantomDb.SqlLogicTests;

/// <summary>Turns results into the lines that a script compares. Two dialects: values one a line (the original runner's), and rows.</summary>
public static class ResultFormat
{
    private const string NullText = "NULL";
    private const string EmptyText = "(empty)";

    /// <summary>The actual result of a query as lines, in the dialect and with the sorting that the record asks for.</summary>
    public static List<string> Lines(SltQuery query, SqlResult result) =>
        query.ValueTypes is { } types ? ValueLines(result, types, query.Sort) : RowLines(result, query);

    /// <summary><c>N values hashing to MD5</c>: the hash covers each value followed by a newline.</summary>
    public static string HashLine(IReadOnlyList<string> values)
    {
        var text = new StringBuilder();
        foreach (var value in values)
        {
            text.Append(value).Append('\n');
        }

        var hash = Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(text.ToString())));
        return string.Create(CultureInfo.InvariantCulture, $"{values.Count} values hashing to {hash}");
    }

    public static bool IsHashLine(string line) => line.Contains(" values hashing to ", StringComparison.Ordinal);

    private static List<string> ValueLines(SqlResult result, string types, SortMode sort)
    {
        var rows = new List<string[]>(result.Rows.Count);
        foreach (var row in result.Rows)
        {
            var line = new string[row.Length];
            for (var i = 0; i < row.Length; i++)
            {
                line[i] = Value(row[i], types[i], result.ColumnTypes[i]);
            }

            rows.Add(line);
        }

        if (sort == SortMode.Rows)
        {
            rows.Sort(CompareRows);
        }

        var values = new List<string>(rows.Count * types.Length);
        foreach (var row in rows)
        {
            values.AddRange(row);
        }

        if (sort == SortMode.Values)
        {
            values.Sort(string.CompareOrdinal);
        }

        return values;
    }

    /// <summary>One value as the original runner prints it under a type letter.</summary>
    private static string Value(string? text, char letter, string columnType)
    {
        if (text is null)
        {
            return NullText;
        }

        return letter switch
        {
            'I' => IntegerText(text, columnType),
            'R' => RealText(text),
            'T' => PrintableText(text),
            _ => throw new SltFormatException($"unknown type letter '{letter}'"),
        };
    }

    /// <summary>
    /// As a cast to an integer does it in C: fractions are cut off, booleans are 1 and 0, and what does not begin with a
    /// number is 0.
    /// </summary>
    private static string IntegerText(string text, string columnType)
    {
        if (columnType == "boolean")
        {
            return text == "t" ? "1" : "0";
        }

        if (text.Contains('e', StringComparison.OrdinalIgnoreCase) && double.TryParse(text, CultureInfo.InvariantCulture, out var real))
        {
            return ((long)real).ToString(CultureInfo.InvariantCulture);
        }

        var start = text.Length > 0 && text[0] is '-' or '+' ? 1 : 0;
        var end = start;
        while (end < text.Length && char.IsAsciiDigit(text[end]))
        {
            end++;
        }

        var digits = text[start..end].TrimStart('0');
        return digits.Length == 0 ? "0" : text[0] == '-' ? "-" + digits : digits;
    }

    private static string RealText(string text) =>
        double.TryParse(text, CultureInfo.InvariantCulture, out var real) ? real.ToString("F3", CultureInfo.InvariantCulture) : "0.000";

    private static string PrintableText(string text)
    {
        if (text.Length == 0)
        {
            return EmptyText;
        }

        return string.Create(text.Length, text, static (target, source) =>
        {
            for (var i = 0; i < source.Length; i++)
            {
                target[i] = source[i] is < ' ' or > '~' ? '@' : source[i];
            }
        });
    }

    private static List<string> RowLines(SqlResult result, SltQuery query)
    {
        var lines = new List<string>(result.Rows.Count + 2);
        foreach (var row in result.Rows)
        {
            lines.Add(row.Length == 0 ? "(no columns)" : string.Join('|', row.Select(Escape)));
        }

        if (query.Sort != SortMode.None)
        {
            lines.Sort(string.CompareOrdinal);
        }

        if (query.ShowsTypes)
        {
            lines.Insert(0, "types: " + string.Join('|', result.ColumnTypes));
        }

        if (query.ShowsNames)
        {
            lines.Insert(0, "names: " + string.Join('|', result.ColumnNames.Select(Escape)));
        }

        return lines;
    }

    /// <summary>A value of the rows dialect: one line, and no two values look alike.</summary>
    private static string Escape(string? value)
    {
        switch (value)
        {
            case null:
                return NullText;
            case "":
                return EmptyText;
            case NullText or EmptyText:
                return "\\" + value;
        }

        if (value.AsSpan().ContainsAny("\n\r\t|\\") == false)
        {
            return value;
        }

        var text = new StringBuilder(value.Length + 8);
        for (var i = 0; i < value.Length; i++)
        {
            text.Append(value[i] switch
            {
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '|' => "\\|",
                // A backslash stays single where it cannot be taken for one of ours: bytea prints as \x00ff.
                '\\' when i + 1 == value.Length || "nrt|\\N(\n\r\t".Contains(value[i + 1]) => "\\\\",
                var other => other.ToString(),
            });
        }

        return text.ToString();
    }

    private static int CompareRows(string[] left, string[] right)
    {
        for (var i = 0; i < left.Length; i++)
        {
            var order = string.CompareOrdinal(left[i], right[i]);
            if (order != 0)
            {
                return order;
            }
        }

        return 0;
    }
}
