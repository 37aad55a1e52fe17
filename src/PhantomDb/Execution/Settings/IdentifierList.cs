using System.Text;

namespace PhantomDb.Execution.Settings;

/// <summary>A list of names between commas, as search_path holds them: folded to lower case unless in double quotes.</summary>
internal static class IdentifierList
{
    /// <summary>False where the list is malformed: a name missing, a quote not closed.</summary>
    public static bool TrySplit(string text, out List<string> names)
    {
        names = [];
        int i = SkipSpace(text, 0);
        if (i == text.Length)
        {
            return true;
        }
        while (true)
        {
            if (!TryReadName(text, ref i, out string name))
            {
                return false;
            }
            names.Add(name);
            i = SkipSpace(text, i);
            if (i == text.Length)
            {
                return true;
            }
            if (text[i] != ',')
            {
                return false;
            }
            i = SkipSpace(text, i + 1);
        }
    }

    private static bool TryReadName(string text, ref int i, out string name)
    {
        name = "";
        if (i < text.Length && text[i] == '"')
        {
            StringBuilder quoted = new();
            for (i++; i < text.Length; i++)
            {
                if (text[i] == '"' && (i + 1 == text.Length || text[i + 1] != '"'))
                {
                    i++;
                    name = quoted.ToString();
                    return true;
                }
                quoted.Append(text[i]);
                i += text[i] == '"' ? 1 : 0;
            }
            return false;
        }
        int start = i;
        while (i < text.Length && text[i] != ',' && !char.IsWhiteSpace(text[i]))
        {
            i++;
        }
        name = text[start..i].ToLowerInvariant();
        return i > start;
    }

    private static int SkipSpace(string text, int i)
    {
        while (i < text.Length && char.IsWhiteSpace(text[i]))
        {
            i++;
        }
        return i;
    }
}
