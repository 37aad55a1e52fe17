using PhantomDb.Errors;

namespace PhantomDb.Shell;

/// <summary>The command line is wrong: exit code 2.</summary>
internal sealed class UsageException(string message) : Exception(message)
{
    /// <summary>What a word was probably meant to be, for the message; empty where nothing is near.</summary>
    public static string Suggest(string word, IEnumerable<string> known) => Spelling.Nearest(word, known, Math.Max(1, word.TrimStart('-').Length / 3)) is { } near ? $" (did you mean {near}?)" : "";
}
