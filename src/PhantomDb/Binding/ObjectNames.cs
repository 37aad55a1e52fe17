using System.Text;

namespace PhantomDb.Binding;

/// <summary>
/// Names for what the user has not named: t_pkey, t_a_b_key, t_a_seq …, cut to 63 bytes and numbered until free, as
/// PostgreSQL makes them.
/// </summary>
internal static class ObjectNames
{
    private const int LengthMax = 63;

    public static string Choose(string table, string? addition, string label, Func<string, bool> isTaken)
    {
        for (int pass = 0; ; pass++)
        {
            string name = Make(table, addition, pass == 0 ? label : $"{label}{pass}");
            if (!isTaken(name))
            {
                return name;
            }
        }
    }

    /// <summary>Column names joined by underscores; what goes beyond a name's length would be cut anyway.</summary>
    public static string Join(IEnumerable<string> columns)
    {
        var text = new StringBuilder();
        foreach (string column in columns)
        {
            if (text.Length > 0)
            {
                text.Append('_');
            }
            text.Append(column);
            if (text.Length >= LengthMax + 1)
            {
                break;
            }
        }
        return text.ToString();
    }

    /// <summary>Names of an index's columns, each once: expressions without a name are "expr", a name that is taken gets a number.</summary>
    public static IReadOnlyList<string> OfIndexColumns(IReadOnlyList<string?> columns)
    {
        List<string> names = [];
        foreach (string? column in columns)
        {
            string name = column ?? "expr";
            for (int i = 1; names.Contains(name); i++)
            {
                string number = i.ToString(System.Globalization.CultureInfo.InvariantCulture);
                name = Cut(column ?? "expr", LengthMax - number.Length) + number;
            }
            names.Add(name);
        }
        return names;
    }

    /// <summary>The longer of the two parts loses bytes first.</summary>
    private static string Make(string first, string? second, string label)
    {
        int overhead = label.Length + 1 + (second is null ? 0 : 1);
        int firstSize = Encoding.UTF8.GetByteCount(first);
        int secondSize = second is null ? 0 : Encoding.UTF8.GetByteCount(second);
        while (firstSize + secondSize > LengthMax - overhead)
        {
            if (firstSize > secondSize)
            {
                firstSize--;
            }
            else
            {
                secondSize--;
            }
        }
        return second is null ? $"{Cut(first, firstSize)}_{label}" : $"{Cut(first, firstSize)}_{Cut(second, secondSize)}_{label}";
    }

    /// <summary>At most so many bytes, never half a character.</summary>
    private static string Cut(string text, int size)
    {
        while (Encoding.UTF8.GetByteCount(text) > size)
        {
            text = text[..^(char.IsLowSurrogate(text[^1]) ? 2 : 1)];
        }
        return text;
    }
}
