using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;
using PhantomDb.Errors;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Functions;

/// <summary>LIKE, ILIKE, regular expressions, SIMILAR TO. A pattern is compiled when it differs from the row before.</summary>
internal static class PatternFunctions
{
    private static readonly SqlType Text = SqlType.Text;

    public static void AddTo(List<ScalarFunction> functions)
    {
        AddLike(functions, "~~", ignoreCase: false, negate: false);
        AddLike(functions, "!~~", ignoreCase: false, negate: true);
        AddLike(functions, "~~*", ignoreCase: true, negate: false);
        AddLike(functions, "!~~*", ignoreCase: true, negate: true);
        functions.Fallible("like_escape", Text, [Text, Text], RowKernels.Text((in RowReader row, TextBuffer output) =>
            LikeEscape(row.Text(0), row.Text(1), output)));
        AddRegex(functions, "~", ignoreCase: false, negate: false);
        AddRegex(functions, "!~", ignoreCase: false, negate: true);
        AddRegex(functions, "~*", ignoreCase: true, negate: false);
        AddRegex(functions, "!~*", ignoreCase: true, negate: true);
        functions.Fallible("similar_to_escape", Text, [Text], RowKernels.Text((in RowReader row, TextBuffer output) =>
            output.Append(SimilarPattern.ToRegex(row.String(0), "\\"))));
        functions.Fallible("similar_to_escape", Text, [Text, Text], RowKernels.Text((in RowReader row, TextBuffer output) =>
            output.Append(SimilarPattern.ToRegex(row.String(0), row.String(1)))));
        functions.Fallible("substring", Text, [Text, Text], RowKernels.NullableText((in RowReader row, TextBuffer output) =>
        {
            RegexPattern pattern = Compiled(row, "");
            Match match = pattern.Match(row.String(0));
            Group group = pattern.GroupCount > 0 ? match.Groups[1] : match;
            if (!match.Success || !group.Success)
            {
                return false;
            }

            output.Append(group.Value);
            return true;
        }));
    }

    private static void AddLike(List<ScalarFunction> functions, string name, bool ignoreCase, bool negate)
    {
        functions.Fallible(name, SqlType.Boolean, [Text, Text], LikeKernel(ignoreCase, negate, width: -1));
        functions.Fallible(name, SqlType.Boolean, [SqlType.Bytea, SqlType.Bytea], LikeKernel(ignoreCase, negate, width: -1));
        // char(n) is matched with its blanks.
        functions.Add(new ScalarFunction(name, [SqlTypeId.Char, SqlTypeId.Text], types =>
            new BoundScalarFunction(name, SqlType.Boolean, [types[0], Text], LikeKernel(ignoreCase, negate, types[0].Precision))
            {
                IsFallible = true,
            }));
    }

    private static ScalarKernel LikeKernel(bool ignoreCase, bool negate, int width) => [MethodImpl(HotLoop.Options)] (in KernelArguments arguments, Vector result) =>
    {
        Vector text = arguments[0];
        Vector patterns = arguments[1];
        StringView[] views = text.Data<StringView>();
        byte[][] blocks = text.Blocks;
        Span<bool> target = result.Write<bool>();
        LikeSite site = arguments.State.Value as LikeSite ?? new LikeSite();
        arguments.State.Value = site;
        if (width < 0 && patterns.IsConstant && !text.IsConstant && arguments.Count > 0)
        {
            site.Use(StringView.Bytes(in patterns.Data<StringView>()[0], patterns.Blocks), ignoreCase);
            if (site.Pattern!.Needles is { } needles)
            {
                NeedleSearch.Find(views, blocks, needles, arguments, negate, target);
                return;
            }
        }

        for (int k = 0; k < arguments.Count; k++)
        {
            int i = arguments.HasSelection ? arguments.Selection[k] : k;
            if (k == 0 || !patterns.IsConstant)
            {
                ReadOnlySpan<byte> bytes = StringView.Bytes(in patterns.Data<StringView>()[patterns.PositionOf(i)], patterns.Blocks);
                site.Use(bytes, ignoreCase);
            }

            ReadOnlySpan<byte> value = StringView.Bytes(in views[text.PositionOf(i)], blocks);
            if (width >= 0)
            {
                value = site.Padded(value, width);
            }

            target[i] = site.Pattern!.IsMatch(value, site.Scratch) != negate;
        }
    };

    /// <summary>The pattern last used at a place, and room to work in.</summary>
    private sealed class LikeSite
    {
        private readonly TextBuffer _padded = new();
        private byte[]? _source;

        public LikePattern? Pattern { get; private set; }

        public TextBuffer Scratch { get; } = new();

        public void Use(ReadOnlySpan<byte> pattern, bool ignoreCase)
        {
            if (_source is null || !pattern.SequenceEqual(_source))
            {
                Pattern = new LikePattern(pattern, ignoreCase);
                _source = pattern.ToArray();
            }
        }

        public ReadOnlySpan<byte> Padded(ReadOnlySpan<byte> text, int width)
        {
            _padded.Clear();
            _padded.Append(text);
            _padded.AppendRepeated(" "u8, width - Utf8Text.Length(text));
            return _padded.Written;
        }
    }

    private static void AddRegex(List<ScalarFunction> functions, string name, bool ignoreCase, bool negate) =>
        functions.Fallible(name, SqlType.Boolean, [Text, Text], RowKernels.Value((in RowReader row) =>
            Compiled(row, "", ignoreCase).IsMatch(row.String(0)) != negate));

    /// <summary>The pattern that is the second argument.</summary>
    public static RegexPattern Compiled(in RowReader row, string flags, bool ignoreCase = false)
    {
        row.Statement.ThrowIfCancelled();
        ReadOnlySpan<byte> pattern = row.Text(1);
        if (row.State.Value is not RegexSite site || !pattern.SequenceEqual(site.Pattern) || site.Flags != flags)
        {
            site = new RegexSite(pattern.ToArray(), flags, new RegexPattern(Encoding.UTF8.GetString(pattern), flags, ignoreCase));
            row.State.Value = site;
        }

        return site.Regex;
    }

    private sealed record RegexSite(byte[] Pattern, string Flags, RegexPattern Regex);

    /// <summary>A pattern with another escape character, as one with a backslash. An empty escape means none.</summary>
    private static void LikeEscape(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> escape, TextBuffer output)
    {
        if (Utf8Text.Length(escape) > 1)
        {
            throw Error.InvalidEscapeString();
        }

        while (!pattern.IsEmpty)
        {
            if (!escape.IsEmpty && pattern.StartsWith(escape))
            {
                output.Append((byte)'\\');
                pattern = pattern[escape.Length..];
                if (pattern.IsEmpty)
                {
                    break;   // the pattern ends with an escape, which LIKE refuses
                }

                Rune.DecodeFromUtf8(pattern, out _, out int length);
                output.Append(pattern[..length]);
                pattern = pattern[length..];
                continue;
            }

            if (pattern[0] == '\\')
            {
                output.Append((byte)'\\');
            }

            output.Append(pattern[0]);
            pattern = pattern[1..];
        }
    }
}

/// <summary>SIMILAR TO patterns as regular expressions.</summary>
internal static class SimilarPattern
{
    public static string ToRegex(string pattern, string escape)
    {
        if (escape.Length > 1)
        {
            throw Error.InvalidEscapeString();
        }

        var result = new StringBuilder("^(?:");
        bool inBrackets = false;
        for (int i = 0; i < pattern.Length; i++)
        {
            char c = pattern[i];
            if (escape.Length == 1 && c == escape[0])
            {
                if (++i == pattern.Length)
                {
                    throw Error.LikePatternEndsWithEscape();
                }

                if (pattern[i] == '"')
                {
                    throw Error.NotSupported("substring(... similar ...)");
                }

                result.Append('\\').Append(pattern[i]);
            }
            else if (inBrackets)
            {
                result.Append(c == '\\' ? "\\\\" : c.ToString());
                inBrackets = c != ']';
            }
            else
            {
                inBrackets = c == '[';
                result.Append(c switch
                {
                    '%' => ".*",
                    '_' => ".",
                    '(' => "(?:",
                    '\\' or '.' or '^' or '$' => "\\" + c,
                    _ => c.ToString(),
                });
            }
        }

        return result.Append(")$").ToString();
    }
}
