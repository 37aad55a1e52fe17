using System.Globalization;
using System.Text;
using PhantomDb.Parsing;

namespace PhantomDb;

/// <summary>
/// One statement of a text that may name its parameters (@name, :name) instead of numbering them, as <see cref="Session.Prepare(string)"/> takes it: with $1, $2 …
/// in their place. Strings, quoted names, dollar quotes, comments, casts (::) and slices are left alone. Whether the statement is right, nobody has looked.
/// </summary>
/// <remarks>
/// A parameter that is named twice is one parameter; @id and :id are the same. An operator that ends with @ needs a blank before the name of a column behind it.
/// </remarks>
public sealed class StatementText
{
    private static readonly Lazy<IReadOnlyList<string>> AllKeywords = new(static () => [.. Parsing.Keywords.All.Select(keyword => keyword.Word.ToUpperInvariant()).Order(StringComparer.Ordinal)]);

    private readonly int _start;   // in the whole text
    private readonly Replacement[] _replacements;

    // In the statement as it was, and as it is.
    private readonly record struct Replacement(int OldEnd, int NewStart, int NewEnd);

    private StatementText(string text, string[] parameterNames, int start, Replacement[] replacements)
    {
        Text = text;
        ParameterNames = parameterNames;
        _start = start;
        _replacements = replacements;
    }

    /// <summary>The statement without its semicolon, its parameters numbered from $1 on, each number once at least.</summary>
    public string Text { get; }

    /// <summary>What $1, $2 … of <see cref="Text"/> were: a name without its mark, or "$3" where it had a number.</summary>
    public IReadOnlyList<string> ParameterNames { get; }

    /// <summary>The words that mean something in SQL, in upper case, sorted: for editors.</summary>
    public static IReadOnlyList<string> Keywords => AllKeywords.Value;

    /// <summary>Those of them that name nothing unless they stand in double quotes, in upper case, sorted.</summary>
    public static IReadOnlyList<string> ReservedWords =>
        [.. Parsing.Keywords.All.Where(keyword => keyword.Class == Parsing.KeywordClass.Reserved).Select(keyword => keyword.Word.ToUpperInvariant()).Order(StringComparer.Ordinal)];

    /// <summary>Cuts a text into its statements; empty ones, and comments alone, are none.</summary>
    public static IReadOnlyList<StatementText> Split(string sql)
    {
        ArgumentNullException.ThrowIfNull(sql);
        var splitter = new StatementSplitter(findsParameters: true);
        splitter.Append(sql);
        List<StatementText> statements = [];
        while (splitter.TryReadLast(out SplitStatement statement))
        {
            statements.Add(Number(statement));
        }
        return statements;
    }

    /// <summary>Where a place in <see cref="Text"/> is in the text that the statement was cut out of, as <see cref="PhantomDbException.Position"/> counts; -1 stays -1.</summary>
    public int PositionInWhole(int position)
    {
        if (position < 0)
        {
            return -1;
        }
        int shift = 0;   // from the new to the old
        foreach (Replacement replacement in _replacements)
        {
            if (position < replacement.NewEnd)
            {
                position = Math.Min(position, replacement.NewStart);
                break;
            }
            shift = replacement.OldEnd - replacement.NewEnd;
        }
        return _start + position + shift;
    }

    private static StatementText Number(SplitStatement statement)
    {
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        List<string> names = [];
        var text = new StringBuilder(statement.Text.Length);
        var replacements = new Replacement[statement.Parameters.Length];
        int copied = 0;
        for (int i = 0; i < replacements.Length; i++)
        {
            ParameterMark mark = statement.Parameters[i];
            string written = statement.Text.Substring(mark.Start, mark.Length);
            string name = written[0] == '$' ? written : written[1..];
            if (numbers.TryAdd(name, names.Count))
            {
                names.Add(name);
            }
            text.Append(statement.Text, copied, mark.Start - copied);
            int start = text.Length;
            text.Append(CultureInfo.InvariantCulture, $"${numbers[name] + 1}");
            copied = mark.Start + mark.Length;
            replacements[i] = new Replacement(copied, start, text.Length);
        }
        text.Append(statement.Text, copied, statement.Text.Length - copied);
        return new StatementText(text.ToString(), [.. names], statement.Start, replacements);
    }
}
