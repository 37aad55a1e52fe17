using System.Collections.Frozen;
using System.Text;

namespace PhantomDb.Shell.Editing;

/// <summary>Colours for what is typed: keywords, texts, numbers, parameters, comments, and the shell's own commands.</summary>
internal sealed class Highlighter(Func<IEnumerable<string>> keywords)
{
    private const string Plain = "\e[0m", Keyword = "\e[1;34m", Text = "\e[32m", Number = "\e[36m", Faint = "\e[90m", Command = "\e[35m";

    private readonly Lazy<FrozenSet<string>> _keywords = new(() => keywords().ToFrozenSet(StringComparer.OrdinalIgnoreCase));   // with the first word: the prompt need not wait

    /// <summary>The colour of each UTF-16 unit of a text, as an escape sequence; null: none.</summary>
    public string?[] Colours(string text)
    {
        var colours = new string?[text.Length];
        if (Commands.CommandLine.IsCommand(text.Split('\n')[0]))
        {
            int end = text.AsSpan().TrimEnd().IndexOfAny(" \t\n");
            colours.AsSpan(0, end < 0 ? text.Length : end).Fill(Command);
            return colours;
        }
        foreach (SqlToken token in SqlScanner.Scan(text))
        {
            colours.AsSpan(token.Start, token.Length).Fill(Of(token, text));
        }
        return colours;
    }

    /// <summary>A part of a text in its colours.</summary>
    public static void Append(StringBuilder output, string text, int start, int end, string?[]? colours)
    {
        string? current = null;
        for (int i = start; i < end; i++)
        {
            string? wanted = colours?[i];
            if (wanted != current)
            {
                output.Append(current is null ? "" : Plain).Append(wanted);
                current = wanted;
            }
            output.Append(text[i] == '\t' ? ' ' : char.IsControl(text[i]) ? '\uFFFD' : text[i]);
        }
        output.Append(current is null ? "" : Plain);
    }

    private string? Of(SqlToken token, string text) => token.Piece switch
    {
        SqlPiece.Word => _keywords.Value.Contains(token.Of(text)) ? Keyword : null,
        SqlPiece.Text => Text,
        SqlPiece.Number or SqlPiece.Parameter => Number,
        SqlPiece.Comment => Faint,
        SqlPiece.Blank or SqlPiece.QuotedName or SqlPiece.Symbol => null,
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
