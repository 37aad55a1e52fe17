using PhantomDb.Grammar;

namespace PhantomDb.Parsing;

/// <summary>PostgreSQL's four classes of words.</summary>
internal enum KeywordClass
{
    /// <summary>No keyword at all.</summary>
    None,

    /// <summary>A keyword that may name anything.</summary>
    Unreserved,

    /// <summary>May name a column or a table, but not a function or a type.</summary>
    ColumnName,

    /// <summary>May name a function or a type, but not a column or a table.</summary>
    TypeOrFunctionName,

    /// <summary>May name nothing unless quoted.</summary>
    Reserved,
}

/// <summary>Which words are keywords. The grammar has them in the order of their classes, and this class reads them from there.</summary>
internal static class Keywords
{
    /// <summary>The class of a word, in any letter case.</summary>
    public static KeywordClass ClassOf(ReadOnlySpan<char> word) => PhantomSqlLexerBase.FindKeyword(word) switch
    {
        0 => KeywordClass.None,
        < PhantomSqlLexer.BETWEEN => KeywordClass.Unreserved,
        < PhantomSqlLexer.AUTHORIZATION => KeywordClass.ColumnName,
        < PhantomSqlLexer.ALL => KeywordClass.TypeOrFunctionName,
        _ => KeywordClass.Reserved,
    };

    /// <summary>Every keyword in lower case with its class, in the order of the grammar.</summary>
    public static IEnumerable<(string Word, KeywordClass Class)> All
    {
        get
        {
            for (int type = 1; type < PhantomSqlLexer.EQUAL; type++)
            {
                string word = PhantomSqlLexer.DefaultVocabulary.GetSymbolicName(type);
                yield return (word.ToLowerInvariant(), ClassOf(word));
            }
        }
    }
}
