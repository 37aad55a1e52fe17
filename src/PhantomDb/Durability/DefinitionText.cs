using System.Globalization;
using System.Text;
using PhantomDb.Catalog;

namespace PhantomDb.Durability;

/// <summary>
/// Reads the small fixed SQL forms in which definitions stand in files (PRIMARY KEY (a, b) …): names, keywords,
/// parentheses. Expressions it does not look into. It throws <see cref="FormatException"/>, which the reader gives a place.
/// </summary>
internal sealed class DefinitionText(string text)
{
    private int _position;

    public bool IsAtEnd
    {
        get
        {
            SkipBlanks();
            return _position == text.Length;
        }
    }

    /// <summary>The name as SQL writes it.</summary>
    public static string Quote(string name)
    {
        bool isPlain = name.Length > 0 && (char.IsAsciiLetterLower(name[0]) || name[0] == '_')
            && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '_' or '$');
        return isPlain ? name : $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    /// <summary>The name of an object in a schema, which is named only where it is not public.</summary>
    public static string NameOf(string schema, string name) =>
        schema == DatabaseCatalog.DefaultSchema ? Quote(name) : $"{Quote(schema)}.{Quote(name)}";

    public static string QuoteList(IEnumerable<string> names) => string.Join(", ", names.Select(Quote));

    /// <summary>A name: in double quotes as it is, else folded to lower case.</summary>
    public string Name()
    {
        SkipBlanks();
        if (_position < text.Length && text[_position] == '"')
        {
            return QuotedName();
        }
        int start = _position;
        while (_position < text.Length && IsNameCharacter(text[_position]))
        {
            _position++;
        }
        if (_position == start)
        {
            throw new FormatException(start == text.Length ? "a name is missing" : $"a name is missing before \"{text[start..]}\"");
        }
        return Fold(text[start.._position]);
    }

    /// <summary>ASCII letters in lower case, as SQL does it with names that are not quoted.</summary>
    public static string Fold(string name) => string.Create(name.Length, name, static (span, source) =>
    {
        for (int i = 0; i < span.Length; i++)
        {
            span[i] = char.IsAsciiLetterUpper(source[i]) ? (char)(source[i] | 0x20) : source[i];
        }
    });

    /// <summary>schema.name, or a name in the schema public.</summary>
    public (string Schema, string Name) QualifiedName()
    {
        string first = Name();
        return TryTake(".") ? (first, Name()) : (Catalog.DatabaseCatalog.DefaultSchema, first);
    }

    public List<string> NameList()
    {
        Take("(");
        List<string> names = [];
        do
        {
            names.Add(Name());
        }
        while (TryTake(","));
        Take(")");
        return names;
    }

    /// <summary>Takes words or a mark if they come next, in any case.</summary>
    public bool TryTake(string words)
    {
        SkipBlanks();
        int at = _position;
        if (string.Compare(text, at, words, 0, words.Length, StringComparison.OrdinalIgnoreCase) != 0)
        {
            return false;
        }
        int end = at + words.Length;
        if (IsNameCharacter(words[^1]) && end < text.Length && IsNameCharacter(text[end]))
        {
            return false;
        }
        _position = end;
        return true;
    }

    /// <summary>True where a mark comes next.</summary>
    public bool IsNext(char mark)
    {
        SkipBlanks();
        return _position < text.Length && text[_position] == mark;
    }

    public void Take(string words)
    {
        if (!TryTake(words))
        {
            throw new FormatException($"\"{words}\" is missing before \"{text[_position..]}\"");
        }
    }

    public long Integer()
    {
        SkipBlanks();
        int start = _position;
        while (_position < text.Length && (char.IsAsciiDigit(text[_position]) || (text[_position] == '-' && _position == start)))
        {
            _position++;
        }
        return long.TryParse(text.AsSpan(start, _position - start), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value)
            ? value
            : throw new FormatException($"a number is missing before \"{text[start..]}\"");
    }

    /// <summary>All that is left, which must end in a parenthesis that closes the one taken before.</summary>
    public string RestInParentheses(out bool isNotValid)
    {
        string rest = text[_position..].TrimEnd();
        _position = text.Length;
        isNotValid = rest.EndsWith(") NOT VALID", StringComparison.OrdinalIgnoreCase);
        rest = isNotValid ? rest[..^" NOT VALID".Length] : rest;
        return rest.EndsWith(')') ? rest[..^1] : throw new FormatException("\")\" is missing at the end");
    }

    /// <summary>An expression or list in parentheses, with them: up to the one that closes the first.</summary>
    public string Parenthesized()
    {
        SkipBlanks();
        int start = _position;
        int depth = 0;
        for (; _position < text.Length; _position++)
        {
            char c = text[_position];
            if (c is '\'' or '"')
            {
                // A quote that is doubled ends one text and begins the next.
                int end = text.IndexOf(c, _position + 1);
                _position = end < 0 ? text.Length : end;
            }
            else if (c == '(')
            {
                depth++;
            }
            else if (c == ')' && --depth == 0)
            {
                return text[start..++_position];
            }
        }
        throw new FormatException($"a parenthesis is not closed in \"{text[start..]}\"");
    }

    /// <summary>All that is left.</summary>
    public string Rest()
    {
        string rest = text[_position..].Trim();
        _position = text.Length;
        return rest;
    }

    public void End()
    {
        if (!IsAtEnd)
        {
            throw new FormatException($"\"{text[_position..]}\" is not understood");
        }
    }

    /// <summary>The names in an expression, those of functions and types among them; what stands in string literals is left out.</summary>
    public static HashSet<string> NamesIn(string expression)
    {
        var reader = new DefinitionText(expression);
        HashSet<string> names = [];
        while (!reader.IsAtEnd)
        {
            char c = expression[reader._position];
            if (c == '\'')
            {
                int end = expression.IndexOf('\'', reader._position + 1);
                reader._position = end < 0 ? expression.Length : end + 1;
            }
            else if (c == '"' || IsNameCharacter(c))
            {
                names.Add(reader.Name());
            }
            else
            {
                reader._position++;
            }
        }
        return names;
    }

    private static bool IsNameCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '$' || c > 127;

    private string QuotedName()
    {
        var name = new StringBuilder();
        int start = _position;
        for (int i = start + 1; i < text.Length; i++)
        {
            if (text[i] != '"')
            {
                name.Append(text[i]);
            }
            else if (i + 1 < text.Length && text[i + 1] == '"')
            {
                name.Append('"');
                i++;
            }
            else
            {
                _position = i + 1;
                return name.Length > 0 ? name.ToString() : throw new FormatException("a name is empty");
            }
        }
        throw new FormatException($"a quote is not closed in \"{text[start..]}\"");
    }

    private void SkipBlanks()
    {
        while (_position < text.Length && char.IsWhiteSpace(text[_position]))
        {
            _position++;
        }
    }
}
