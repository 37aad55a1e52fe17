using System.Text.RegularExpressions;
using PhantomDb.Shell.Commands;

namespace PhantomDb.Shell.Editing;

/// <summary>Looks at a text that is being typed as the shell will when it is entered: line by line, statements and commands.</summary>
internal static partial class TypedText
{
    private static readonly string[] TakeStatement = ["\\g", "\\gx", "\\r", "\\reset", "\\q", "\\quit", "\\watch"];   // what is typed so far is run, or dropped

    /// <summary>True where nothing waits for its end, or the last line has a command of the shell.</summary>
    public static bool IsWhole(string text) => Read(text, out int command) || command >= 0;

    /// <summary>Behind a statement that is not whole a command that does nothing with it: the statement stays to be typed on. Else 0.</summary>
    public static int DraftLength(string text) =>
        !Read(text, out int command) && command > 0 && !TakesStatement(new CommandLine(text[command..])) ? command : 0;

    /// <summary>For whom wants to leave, or help, in the middle of a statement.</summary>
    public static string? Advice(string text)
    {
        string line = text[(text.LastIndexOf('\n') + 1)..].Trim();
        return CommandLine.OfWord(line) is not null || line.TrimEnd(';') is ".quit" or ".exit" or ".help"
            ? "The statement above has no semicolon yet: Ctrl-C drops it, \\q leaves." : null;
    }

    private static bool TakesStatement(CommandLine command) => TakeStatement.Contains(command.Name) || (command.Name == "\\e" && command.Words.Count == 0);

    /// <summary>True where nothing is left at the end but what is whole.</summary>
    /// <param name="text">What is typed.</param>
    /// <param name="command">Where in the last line that is not empty a command begins; -1 where none does.</param>
    private static bool Read(string text, out int command)
    {
        ScriptReader reader = new();
        int start = 0;   // of the next line
        bool isRows = false;
        command = -1;
        foreach (string line in text.TrimEnd().Split('\n'))
        {
            start += line.Length + 1;
            command = -1;
            if (isRows)
            {
                isRows = line.Trim() != "\\.";
                continue;
            }
            bool isCommand = reader.IsBlank && (CommandLine.IsCommand(line) || CommandLine.OfWord(line) is not null);
            int place = isCommand ? 0 : reader.Context == '-' ? CommandLine.IndexIn(line) : -1;
            reader.Append(place < 0 ? line + "\n" : line[..place] + "\n");
            while (reader.TryRead(out ScriptStatement statement))
            {
                isRows = CopyFromInput().IsMatch(statement.Text);
            }
            isRows |= isCommand && CopyFromInput().IsMatch(line);
            command = place < 0 ? -1 : start - line.Length - 1 + place;
        }
        return reader.IsBlank;
    }

    [GeneratedRegex(@"^\s*\\?COPY\b.*\bFROM\s+P?STDIN\b", RegexOptions.IgnoreCase | RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex CopyFromInput();
}
