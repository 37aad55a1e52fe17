using System.Text;
using System.Text.RegularExpressions;
using PhantomDb.Errors;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Functions;

/// <summary>string_to_table and regexp_split_to_table: a text's parts as rows.</summary>
internal static class SplitFunctions
{
    private static readonly SqlType Text = SqlType.Text;

    public static void AddTo(List<TableFunction> functions)
    {
        Add(functions, "string_to_table", [Text, Text], (arguments, _) => Split(TextOf(arguments, 0), TextOf(arguments, 1), null));
        Add(functions, "string_to_table", [Text, Text, Text], (arguments, _) => Split(TextOf(arguments, 0), TextOf(arguments, 1), TextOf(arguments, 2)));
        Add(functions, "regexp_split_to_table", [Text, Text], (arguments, statement) => SplitByPattern(arguments, statement));
        Add(functions, "regexp_split_to_table", [Text, Text, Text], (arguments, statement) => SplitByPattern(arguments, statement));
    }

    private static void Add(
        List<TableFunction> functions, string name, SqlType[] parameters, Func<Vector[], IStatementContext, IEnumerable<string?>> split) =>
        functions.Add(new TableFunction(name, [.. parameters.Select(p => p.Id)], _ => new BoundTableFunction(
            name, [(name, Text)], parameters, (arguments, statement) => new TextRows(split(arguments, statement), statement))));

    /// <summary>Without a delimiter every character is a part; an empty one leaves the text whole; parts equal to a text may become NULL.</summary>
    private static IEnumerable<string?> Split(string? text, string? delimiter, string? nullText)
    {
        if (string.IsNullOrEmpty(text))
        {
            return [];
        }

        IEnumerable<string> parts = delimiter is null ? text.EnumerateRunes().Select(character => character.ToString())
            : delimiter.Length == 0 ? [text] : text.Split(delimiter, StringSplitOptions.None);
        return nullText is null ? parts : parts.Select(part => part == nullText ? null : part);
    }

    private static IEnumerable<string?> SplitByPattern(Vector[] arguments, IStatementContext statement)
    {
        if (Array.Exists(arguments, argument => !argument.IsValid(0)))
        {
            return [];
        }

        var pattern = new RegexPattern(TextOf(arguments, 1)!, arguments.Length > 2 ? TextOf(arguments, 2)! : "", ignoreCase: false);
        return pattern.IsGlobal
            ? throw Error.InvalidParameter("regexp_split_to_table() does not support the \"global\" option")
            : SplitByPattern(TextOf(arguments, 0)!, pattern, statement);
    }

    /// <summary>A match of nothing separates only where it stands between two characters, not right behind a match.</summary>
    private static IEnumerable<string?> SplitByPattern(string text, RegexPattern pattern, IStatementContext statement)
    {
        int start = 0;
        for (Match match = pattern.Match(text); match.Success; match = RegexPattern.Next(match))
        {
            statement.ThrowIfCancelled();
            if (match.Index < text.Length && match.Index + match.Length > start)
            {
                yield return text[start..match.Index];
                start = match.Index + match.Length;
            }
        }

        yield return text[start..];
    }

    private static string? TextOf(Vector[] arguments, int index)
    {
        Vector vector = arguments[index];
        return vector.IsValid(0) ? Encoding.UTF8.GetString(StringView.Bytes(in vector.Data<StringView>()[0], vector.Blocks)) : null;
    }
}

/// <summary>Rows of texts, which may be NULL.</summary>
internal sealed class TextRows(IEnumerable<string?> texts, IStatementContext statement) : TableFunctionRows
{
    private readonly IEnumerator<string?> _texts = texts.GetEnumerator();

    public override bool Next(DataChunk output)
    {
        statement.ThrowIfCancelled();
        Span<StringView> target = output[0].Write<StringView>();
        int count = 0;
        while (count < DataChunk.Capacity && _texts.MoveNext())
        {
            if (_texts.Current is { } text)
            {
                target[count] = output[0].Heap.Add(Encoding.UTF8.GetBytes(text));
            }
            else
            {
                output[0].SetNull(count);
            }

            count++;
        }

        output[0].SealStrings();
        output.Selection = null;
        output.Count = count;
        return count > 0;
    }
}
