using System.Text;
using System.Text.RegularExpressions;
using PhantomDb.Errors;
using PhantomDb.Types;

namespace PhantomDb.Functions;

/// <summary>
/// regexp_like, regexp_count, regexp_instr, regexp_substr and regexp_replace with all their optional arguments. Places are
/// counted in characters from 1.
/// </summary>
internal static class RegexFunctions
{
    private static readonly SqlType Text = SqlType.Text;
    private static readonly SqlType Int = SqlType.Int32;

    public static void AddTo(List<ScalarFunction> functions)
    {
        functions.Fallible("regexp_like", SqlType.Boolean, [Text, Text], RowKernels.Value((in RowReader row) =>
            PatternFunctions.Compiled(row, "").IsMatch(row.String(0))));
        functions.Fallible("regexp_like", SqlType.Boolean, [Text, Text, Text], RowKernels.Value((in RowReader row) =>
            Compiled(row, 2, "regexp_like()").IsMatch(row.String(0))));
        for (int count = 2; count <= 4; count++)
        {
            functions.Fallible("regexp_count", Int, Parameters([Text, Text, Int, Text], count), RowKernels.Value((in RowReader row) => Count(row)));
        }

        for (int count = 2; count <= 7; count++)
        {
            functions.Fallible("regexp_instr", Int, Parameters([Text, Text, Int, Int, Int, Text, Int], count), RowKernels.Value((in RowReader row) => Place(row)));
        }

        for (int count = 2; count <= 6; count++)
        {
            functions.Fallible("regexp_substr", Text, Parameters([Text, Text, Int, Int, Text, Int], count), RowKernels.NullableText(Part));
        }

        functions.Fallible("regexp_replace", Text, [Text, Text, Text], RowKernels.Text((in RowReader row, TextBuffer output) =>
            output.Append(PatternFunctions.Compiled(row, "").Replace(row.String(0), row.String(2)))));
        functions.Fallible("regexp_replace", Text, [Text, Text, Text, Text], RowKernels.Text((in RowReader row, TextBuffer output) =>
            output.Append(PatternFunctions.Compiled(row, FlagsOfReplace(row)).Replace(row.String(0), row.String(2)))));
        for (int count = 4; count <= 6; count++)
        {
            functions.Fallible("regexp_replace", Text, Parameters([Text, Text, Text, Int, Int, Text], count), RowKernels.Text(Replace));
        }
    }

    private static SqlType[] Parameters(SqlType[] all, int count) => all[..count];

    private static string FlagsOfReplace(in RowReader row)
    {
        string flags = row.String(3);
        if (flags.Length > 0 && char.IsAsciiDigit(flags[0]))
        {
            throw new PhantomDbException(SqlStates.InvalidParameterValue, $"invalid regular expression option: \"{flags[0]}\"")
            {
                Hint = "If you meant to use regexp_replace() with a start parameter, cast the fourth argument to integer explicitly.",
            };
        }

        return flags;
    }

    private static int Count(in RowReader row)
    {
        string text = row.String(0);
        RegexPattern pattern = Compiled(row, 3, "regexp_count()");
        int count = 0;
        for (Match? match = First(pattern, text, Argument(row, 2, 1, "start", 1)); match is { Success: true }; match = RegexPattern.Next(match))
        {
            count++;
        }

        return count;
    }

    private static int Place(in RowReader row)
    {
        string text = row.String(0);
        int start = Argument(row, 2, 1, "start", 1);
        int number = Argument(row, 3, 1, "n", 1);
        int end = Argument(row, 4, 0, "endoption", 0);
        if (end > 1)
        {
            throw Invalid("endoption", end);
        }

        RegexPattern pattern = Compiled(row, 5, "regexp_instr()");
        int group = Argument(row, 6, 0, "subexpr", 0);
        return Find(pattern, text, start, number, group) is { } found
            ? CharacterCount(text, end == 0 ? found.Index : found.Index + found.Length) + 1 : 0;
    }

    private static bool Part(in RowReader row, TextBuffer output)
    {
        string text = row.String(0);
        int start = Argument(row, 2, 1, "start", 1);
        int number = Argument(row, 3, 1, "n", 1);
        RegexPattern pattern = Compiled(row, 4, "regexp_substr()");
        int group = Argument(row, 5, 0, "subexpr", 0);
        if (Find(pattern, text, start, number, group) is not { } found)
        {
            return false;
        }

        output.Append(found.Value);
        return true;
    }

    /// <summary>From a place on the match of a number; all of them where the number is 0, or is not given and flag g is.</summary>
    private static void Replace(in RowReader row, TextBuffer output)
    {
        string text = row.String(0);
        string replacement = row.String(2);
        int start = Argument(row, 3, 1, "start", 1);
        int number = row.Count > 4 ? Argument(row, 4, 1, "n", 0) : 1;
        RegexPattern pattern = PatternFunctions.Compiled(row, row.Count > 5 ? row.String(5) : "");
        int copied = 0;
        int seen = 0;
        for (Match? match = First(pattern, text, start); match is { Success: true }; match = RegexPattern.Next(match))
        {
            seen++;
            if (number == 0 || seen == number)
            {
                output.Append(text[copied..match.Index]);
                output.Append(RegexPattern.Replacement(replacement, match));
                copied = match.Index + match.Length;
            }

            if (seen == number)
            {
                break;
            }
        }

        output.Append(text[copied..]);
    }

    /// <summary>The group (0: all) of the match of a number; null where there is none.</summary>
    private static Group? Find(RegexPattern pattern, string text, int start, int number, int group)
    {
        if (group > pattern.GroupCount)
        {
            return null;
        }

        Match? match = First(pattern, text, start);
        while (match is { Success: true } && --number > 0)
        {
            match = RegexPattern.Next(match);
        }

        return match is { Success: true } && match.Groups[group] is { Success: true } found ? found : null;
    }

    /// <summary>The first match from a character on; null where the text is not as long.</summary>
    private static Match? First(RegexPattern pattern, string text, int start)
    {
        int at = 0;
        for (int skipped = 1; skipped < start; skipped++)
        {
            if (at >= text.Length)
            {
                return null;
            }

            at += char.IsHighSurrogate(text[at]) && at + 1 < text.Length ? 2 : 1;
        }

        return pattern.Match(text, at);
    }

    private static int CharacterCount(string text, int end)
    {
        int count = 0;
        foreach (Rune _ in text.AsSpan(0, end).EnumerateRunes())
        {
            count++;
        }

        return count;
    }

    /// <summary>An optional number of at least a least; 22023 below.</summary>
    private static int Argument(in RowReader row, int index, int absent, string name, int least)
    {
        int value = index < row.Count ? row.Value<int>(index) : absent;
        return value >= least ? value : throw Invalid(name, value);
    }

    private static RegexPattern Compiled(in RowReader row, int flagsArgument, string function)
    {
        RegexPattern pattern = PatternFunctions.Compiled(row, flagsArgument < row.Count ? row.String(flagsArgument) : "");
        return pattern.IsGlobal ? throw Error.InvalidParameter($"{function} does not support the \"global\" option") : pattern;
    }

    private static PhantomDbException Invalid(string name, int value) => Error.InvalidParameter($"invalid value for parameter \"{name}\": {value}");
}
