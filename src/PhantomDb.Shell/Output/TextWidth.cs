using System.Globalization;
using System.Text;

namespace PhantomDb.Shell.Output;

/// <summary>Columns that a text takes on a terminal: marks that combine take none, East Asian wide characters and emoji two.</summary>
internal static class TextWidth
{
    public static int Of(string text)
    {
        if (Ascii.IsValid(text))
        {
            return text.Length;
        }
        int width = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            width += Of(rune);
        }
        return width;
    }

    /// <summary>The text with blanks up to the next eighth column in place of each tab, from the beginning of its line.</summary>
    public static string ExpandTabs(string text)
    {
        if (!text.Contains('\t', StringComparison.Ordinal))
        {
            return text;
        }
        StringBuilder expanded = new();
        int lineStart = 0;
        foreach (char c in text)
        {
            expanded.Append(c == '\t' ? new string(' ', 8 - (Of(expanded.ToString(lineStart, expanded.Length - lineStart)) % 8)) : c.ToString());
            lineStart = c == '\n' ? expanded.Length : lineStart;
        }
        return expanded.ToString();
    }

    /// <summary>A text in lines no wider than a screen, broken between words; a word that is wider has a line of its own.</summary>
    public static IEnumerable<string> Wrap(string text, int widthMax)
    {
        StringBuilder line = new();
        foreach (string word in text.Split(' '))
        {
            if (line.Length > 0 && Of(line.ToString()) + 1 + Of(word) > widthMax)
            {
                yield return line.ToString();
                line.Clear();
            }
            line.Append(line.Length > 0 ? " " : "").Append(word);
        }
        yield return line.ToString();
    }

    /// <summary>The text, or what of its beginning fits with an ellipsis behind it.</summary>
    public static string Cut(string text, int widthMax)
    {
        if (Of(text) <= widthMax)
        {
            return text;
        }
        int length = 0;
        int width = 1;   // of the ellipsis
        foreach (Rune rune in text.EnumerateRunes())
        {
            width += Of(rune);
            if (width > widthMax)
            {
                break;
            }
            length += rune.Utf16SequenceLength;
        }
        return text[..length] + "…";
    }

    private static int Of(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format => 0,
        _ => IsWide(rune.Value) ? 2 : 1,
    };

    private static bool IsWide(int value) => value is (>= 0x1100 and <= 0x115F) or (>= 0x2E80 and <= 0x303E)
        or (>= 0x3041 and <= 0xA4CF) or (>= 0xAC00 and <= 0xD7A3) or (>= 0xF900 and <= 0xFAFF) or (>= 0xFE30 and <= 0xFE6F)
        or (>= 0xFF00 and <= 0xFF60) or (>= 0xFFE0 and <= 0xFFE6) or (>= 0x1F300 and <= 0x1FAFF) or (>= 0x20000 and <= 0x3FFFD);
}
