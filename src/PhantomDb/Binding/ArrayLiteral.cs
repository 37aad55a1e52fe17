using System.Text;
using PhantomDb.Errors;

namespace PhantomDb.Binding;

/// <summary>The items of a one-dimensional array literal, <c>{1,"two words",NULL}</c>; null for NULL.</summary>
internal static class ArrayLiteral
{
    public static List<string?> Parse(string text, int position)
    {
        string trimmed = text.Trim();
        if (trimmed.Length < 2 || trimmed[0] != '{' || trimmed[^1] != '}')
        {
            throw Malformed(text, position);
        }
        var items = new List<string?>();
        string body = trimmed[1..^1];
        int i = 0;
        SkipBlanks(body, ref i);
        if (i == body.Length)
        {
            return items;
        }
        while (true)
        {
            items.Add(Item(body, ref i, text, position));
            if (i == body.Length)
            {
                return items;
            }
            i++;   // the comma
        }
    }

    private static string? Item(string body, ref int i, string text, int position)
    {
        SkipBlanks(body, ref i);
        var item = new StringBuilder();
        bool isQuoted = i < body.Length && body[i] == '"';
        i += isQuoted ? 1 : 0;
        while (i < body.Length && (isQuoted ? body[i] != '"' : body[i] != ','))
        {
            if (!isQuoted && body[i] is '{' or '}' or '"')
            {
                throw body[i] == '{' ? Error.NotSupported("an array of arrays", position) : Malformed(text, position);
            }
            i += body[i] == '\\' && i + 1 < body.Length ? 1 : 0;
            item.Append(body[i++]);
        }
        if (isQuoted)
        {
            if (i++ >= body.Length)
            {
                throw Malformed(text, position);
            }
            SkipBlanks(body, ref i);
            if (i < body.Length && body[i] != ',')
            {
                throw Malformed(text, position);
            }
            return item.ToString();
        }
        string plain = item.ToString().TrimEnd();
        return plain.Length == 0 ? throw Malformed(text, position) : plain.Equals("NULL", StringComparison.OrdinalIgnoreCase) ? null : plain;
    }

    private static void SkipBlanks(string body, ref int i)
    {
        while (i < body.Length && char.IsWhiteSpace(body[i]))
        {
            i++;
        }
    }

    private static PhantomDbException Malformed(string text, int position) =>
        Error.At(SqlStates.InvalidTextRepresentation, $"malformed array literal: \"{text}\"", position);
}
