using PhantomDb.Execution.Physical;

namespace PhantomDb.Execution.Indexes;

/// <summary>
/// The bytes that every match of a pattern begins with. Text is ordered by its bytes, so they bound a range of an index; the
/// pattern itself is tested on the rows found.
/// </summary>
internal static class PatternPrefix
{
    public static byte[] Of(ReadOnlySpan<byte> pattern, PatternKind kind) => kind switch
    {
        PatternKind.Text => pattern.ToArray(),
        PatternKind.Like => OfLike(pattern),
        PatternKind.RegularExpression => OfRegularExpression(pattern),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static byte[] OfLike(ReadOnlySpan<byte> pattern)
    {
        List<byte> prefix = [];
        for (int i = 0; i < pattern.Length && pattern[i] is not ((byte)'%' or (byte)'_'); i++)
        {
            if (pattern[i] == '\\' && ++i == pattern.Length)
            {
                break;   // LIKE refuses a pattern that ends so
            }
            prefix.Add(pattern[i]);
        }
        return [.. prefix];
    }

    // ^ and the plain characters behind it; one that may also be absent is none. Alternatives may begin otherwise.
    private static byte[] OfRegularExpression(ReadOnlySpan<byte> pattern)
    {
        if (pattern.IsEmpty || pattern[0] != '^' || pattern.Contains((byte)'|'))
        {
            return [];
        }
        pattern = pattern[1..];
        int end = pattern.IndexOfAny(".^$*+?()[]{}\\"u8);
        if (end < 0)
        {
            return pattern.ToArray();
        }
        if (pattern[end] is (byte)'*' or (byte)'?' or (byte)'{')
        {
            do
            {
                end--;
            }
            while (end >= 0 && (pattern[end] & 0xC0) == 0x80);   // the whole of a character of several bytes
        }
        return end <= 0 ? [] : pattern[..end].ToArray();
    }
}
