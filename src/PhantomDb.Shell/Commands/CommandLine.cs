using System.Text;
using PhantomDb.Shell.Editing;

namespace PhantomDb.Shell.Commands;

/// <summary>A shell command's line: its name, and what follows, as it is and as words.</summary>
internal sealed class CommandLine
{
    public CommandLine(string line)
    {
        string text = line.Trim();
        bool isSystem = text.StartsWith("\\!", StringComparison.Ordinal);
        int end = isSystem ? 2 : text.AsSpan().IndexOfAny(" \t");
        // Scripts end psql's commands with a semicolon too: \c chinook;
        Name = (end < 0 ? text : text[..end]).TrimEnd(';');
        Rest = end < 0 ? "" : text[end..].Trim();
        if (isSystem || Name is ".shell" or ".system")
        {
            Words = Rest.Length == 0 ? [] : [Rest];   // its quotes are the system's
            return;
        }
        bool isValue = Rest.EndsWith("=;", StringComparison.Ordinal);   // --delimiter=;
        string words = isValue ? Rest : Rest.TrimEnd(';', ' ', '\t');
        Words = Split(words, out int firstEnd);
        FirstAsItIs = words[..firstEnd].Trim();
        BehindFirst = words[firstEnd..].Trim();
    }

    /// <summary>With its first character: <c>.tables</c>, <c>\dt</c>.</summary>
    public string Name { get; }

    /// <summary>All behind the name, untouched.</summary>
    public string Rest { get; }

    /// <summary>The words behind the name; quotes of either kind keep one together and are gone.</summary>
    public IReadOnlyList<string> Words { get; }

    /// <summary>The first word with its quotes; empty where there is none.</summary>
    public string FirstAsItIs { get; } = "";

    /// <summary>What follows the first word, as it is but for a semicolon at its end.</summary>
    public string BehindFirst { get; } = "";

    /// <summary>True for a line that is for the shell: between statements, a backslash, or a point before a letter.</summary>
    public static bool IsCommand(string line)
    {
        ReadOnlySpan<char> text = line.AsSpan().Trim();
        return text.Length > 1 && (text[0] == '\\' || (text[0] == '.' && char.IsAsciiLetter(text[1])));
    }

    /// <summary>Where in a line of SQL a command with a backslash begins: outside of texts, quoted names and comments; -1 where none does.</summary>
    public static int IndexIn(string line)
    {
        if (!line.Contains('\\', StringComparison.Ordinal))
        {
            return -1;
        }
        return SqlScanner.Scan(line).Where(token => token.Piece == SqlPiece.Symbol && line[token.Start] == '\\' && token.End < line.Length && (char.IsAsciiLetter(line[token.End]) || line[token.End] is '?' or '!'))
            .Select(token => token.Start).FirstOrDefault(-1);
    }

    /// <summary>The command that a person means with a word alone, where a statement would begin; null: none.</summary>
    public static string? OfWord(string line) => line.AsSpan().Trim().TrimEnd("; \t") switch
    {
        var word when word.Equals("quit", StringComparison.OrdinalIgnoreCase) || word.Equals("exit", StringComparison.OrdinalIgnoreCase) => ".quit",
        var word when word.Equals("help", StringComparison.OrdinalIgnoreCase) => ".help",
        _ => null,
    };

    private static List<string> Split(string text, out int firstEnd)
    {
        List<string> words = [];
        firstEnd = text.Length;
        StringBuilder word = new();
        bool isWord = false;
        char quote = '\0';
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (quote != '\0')
            {
                if (c != quote)
                {
                    word.Append(c);
                }
                else if (i + 1 < text.Length && text[i + 1] == quote)
                {
                    word.Append(text[++i]);
                }
                else
                {
                    quote = '\0';
                }
            }
            else if (c is '\'' or '"')
            {
                quote = c;
                isWord = true;
            }
            else if (!char.IsWhiteSpace(c))
            {
                word.Append(c);
                isWord = true;
            }
            else if (isWord)
            {
                firstEnd = words.Count == 0 ? i : firstEnd;
                words.Add(word.ToString());
                word.Clear();
                isWord = false;
            }
        }
        if (quote != '\0')
        {
            throw new PhantomDbException("42601", $"the quoted text of the command has no end: {text}");
        }
        if (isWord)
        {
            words.Add(word.ToString());
        }
        return words;
    }
}
