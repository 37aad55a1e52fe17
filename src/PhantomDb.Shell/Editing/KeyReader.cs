using System.Text;

namespace PhantomDb.Shell.Editing;

/// <summary>
/// The keys of a terminal one by one, and what is pasted as one text: a terminal that was asked to puts that between <c>ESC [ 200 ~</c> and <c>ESC [ 201 ~</c>, so that its line breaks
/// and tabs are no keys.
/// </summary>
internal sealed class KeyReader(ITerminal terminal)
{
    private const string Begin = "\e[200~", End = "\e[201~";

    private readonly Queue<ConsoleKeyInfo> _ahead = [];   // keys that might have begun a paste, and did not

    /// <summary>True where the next key need not be waited for.</summary>
    public bool HasKey => _ahead.Count > 0 || terminal.HasKey;

    /// <summary>The next key; null where something was pasted.</summary>
    public ConsoleKeyInfo? Read(out string pasted)
    {
        pasted = "";
        if (_ahead.TryDequeue(out ConsoleKeyInfo ahead))
        {
            return ahead;
        }
        ConsoleKeyInfo first = terminal.ReadKey();
        string sequence = TextOf(first);
        // Behind a key Escape nothing follows at once.
        while (Begin.StartsWith(sequence, StringComparison.Ordinal) && sequence.Length < Begin.Length && sequence.Length > 0 && (sequence.Length > 2 || terminal.HasKey))
        {
            ConsoleKeyInfo key = terminal.ReadKey();
            _ahead.Enqueue(key);
            sequence += TextOf(key);
        }
        if (sequence != Begin)
        {
            return first;
        }
        _ahead.Clear();
        pasted = ReadPaste();
        return null;
    }

    private string ReadPaste()
    {
        StringBuilder text = new();
        bool isBehindReturn = false;
        while (true)
        {
            foreach (char c in TextOf(terminal.ReadKey()))
            {
                if (c == '\r' || (c == '\n' && !isBehindReturn))
                {
                    text.Append('\n');   // terminals send one for the other
                }
                else if (c is '\t' or '\e' || !char.IsControl(c))
                {
                    text.Append(c);
                }
                isBehindReturn = c == '\r';
            }
            if (text.Length >= End.Length && text[^1] == End[^1] && text.ToString(text.Length - End.Length, End.Length) == End)
            {
                return text.ToString(0, text.Length - End.Length).Replace("\e", "", StringComparison.Ordinal);
            }
        }
    }

    // As it came: Escape and the character behind it may be one key.
    private static string TextOf(ConsoleKeyInfo key) => key.Key == ConsoleKey.Escape ? "\e" : (key.Modifiers.HasFlag(ConsoleModifiers.Alt) ? "\e" : "") + key.KeyChar;
}
