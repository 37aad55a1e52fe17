using System.Collections.Frozen;

namespace PhantomDb.Data;

/// <summary>The word that a statement begins with, behind comments: SELECT, COPY … Does not parse it.</summary>
internal static class FirstWord
{
    /// <summary>Those that the grammar knows.</summary>
    public static readonly FrozenSet<string> OfStatements = FrozenSet.Create(StringComparer.OrdinalIgnoreCase,
        "ABORT", "ALTER", "ANALYSE", "ANALYZE", "BEGIN", "CALL", "CHECKPOINT", "CLOSE", "CLUSTER", "COMMENT", "COMMIT", "COPY", "CREATE", "DEALLOCATE",
        "DECLARE", "DELETE", "DISCARD", "DO", "DROP", "END", "EXECUTE", "EXPLAIN", "FETCH", "GRANT", "IMPORT", "INSERT", "LISTEN", "LOAD",
        "LOCK", "MERGE", "MOVE", "NOTIFY", "PREPARE", "REASSIGN", "REFRESH", "REINDEX", "RELEASE", "RESET", "REVOKE", "ROLLBACK", "SAVEPOINT", "SECURITY",
        "SELECT", "SET", "SHOW", "START", "TABLE", "TRUNCATE", "UNLISTEN", "UPDATE", "VACUUM", "VALUES", "WITH");

    /// <summary>It in upper case; null where no statement begins with it.</summary>
    public static string? Of(string text)
    {
        ReadOnlySpan<char> rest = WithoutComments(text);
        int length = 0;
        while (length < rest.Length && (char.IsLetterOrDigit(rest[length]) || rest[length] is '_' or '$'))
        {
            length++;
        }
        return OfStatements.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(rest[..length], out string? word) ? word : null;
    }

    private static ReadOnlySpan<char> WithoutComments(string text)
    {
        ReadOnlySpan<char> rest = text.AsSpan().TrimStart();
        while (rest.StartsWith("--") || rest.StartsWith("/*"))
        {
            int end = rest[0] == '-' ? rest.IndexOf('\n') + 1 : EndOfBlock(rest);
            rest = end == 0 ? default : rest[end..].TrimStart();
        }
        return rest;
    }

    // Comments nest; 0 where it does not end.
    private static int EndOfBlock(ReadOnlySpan<char> text)
    {
        int depth = 0;
        for (int i = 0; i + 1 < text.Length; i++)
        {
            switch (text[i], text[i + 1])
            {
                case ('/', '*'):
                    depth++;
                    i++;
                    break;
                case ('*', '/'):
                    i++;
                    if (--depth == 0)
                    {
                        return i + 1;
                    }
                    break;
            }
        }
        return 0;
    }
}
