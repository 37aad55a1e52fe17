using System.Globalization;
using System.Text;
using PhantomDb.Errors;
using PhantomDb.Types;

namespace PhantomDb.Functions;

/// <summary>unistr, normalize, IS NORMALIZED, and the name of the client's encoding.</summary>
internal static class UnicodeFunctions
{
    public static void AddTo(List<ScalarFunction> functions)
    {
        SqlType text = SqlType.Text;
        functions.Fallible("unistr", text, [text], RowKernels.Text((in RowReader row, TextBuffer output) => output.Append(Unescape(row.String(0)))));
        functions.Fallible("normalize", text, [text], RowKernels.Text((in RowReader row, TextBuffer output) =>
            output.Append(Normalized(row.Text(0), NormalizationForm.FormC))));
        functions.Fallible("normalize", text, [text, text], RowKernels.Text((in RowReader row, TextBuffer output) =>
            output.Append(Normalized(row.Text(0), Form(row.String(1))))));
        functions.Fallible("is_normalized", SqlType.Boolean, [text], RowKernels.Value((in RowReader row) =>
            row.Text(0).SequenceEqual(Normalized(row.Text(0), NormalizationForm.FormC))));
        functions.Fallible("is_normalized", SqlType.Boolean, [text, text], RowKernels.Value((in RowReader row) =>
            row.Text(0).SequenceEqual(Normalized(row.Text(0), Form(row.String(1))))));
        functions.Add("pg_client_encoding", SqlType.Name, [], RowKernels.Text((in RowReader _, TextBuffer output) => output.Append("UTF8"u8)));
    }

    /// <summary>
    /// Text that is the same in a form. The runtime has no tables of Unicode's decompositions (invariant globalization), so
    /// that other text is 0A000: all is plain in ASCII, and below U+0300 nothing composes.
    /// </summary>
    private static ReadOnlySpan<byte> Normalized(ReadOnlySpan<byte> text, NormalizationForm form)
    {
        foreach (byte value in text)
        {
            if (value >= (form == NormalizationForm.FormC ? 0xCC : 0x80))   // U+0300 begins with 0xCC
            {
                throw Error.NotSupported("normalization of such text");
            }
        }

        return text;
    }

    private static NormalizationForm Form(string name) => name.ToUpperInvariant() switch
    {
        "NFC" => NormalizationForm.FormC,
        "NFD" => NormalizationForm.FormD,
        "NFKC" => NormalizationForm.FormKC,
        "NFKD" => NormalizationForm.FormKD,
        _ => throw Error.InvalidParameter($"invalid normalization form: {name}"),
    };

    /// <summary>\XXXX, \uXXXX, \+XXXXXX and \UXXXXXXXX; two backslashes are one. A pair of surrogates is one character.</summary>
    private static string Unescape(string text)
    {
        var result = new StringBuilder();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                result.Append(text[i]);
                continue;
            }

            if (i + 1 < text.Length && text[i + 1] == '\\')
            {
                result.Append('\\');
                i++;
                continue;
            }

            (int skipped, int length) = i + 1 >= text.Length ? (0, 4) : text[i + 1] switch { 'u' => (1, 4), 'U' => (1, 8), '+' => (1, 6), _ => (0, 4) };
            string digits = i + 1 + skipped + length <= text.Length ? text.Substring(i + 1 + skipped, length) : "";
            if (!uint.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint code))
            {
                throw new PhantomDbException(SqlStates.SyntaxError, "invalid Unicode escape")
                {
                    Hint = "Unicode escapes must be \\XXXX, \\+XXXXXX, \\uXXXX, or \\UXXXXXXXX.",
                };
            }

            if (code is 0 or > 0x10FFFF)
            {
                throw new PhantomDbException(SqlStates.InvalidParameterValue, $"invalid Unicode code point: {code:X4}");
            }

            result.Append(code <= 0xFFFF ? ((char)code).ToString() : char.ConvertFromUtf32((int)code));
            i += skipped + length;
        }

        return result.ToString() is var unescaped && HasLoneSurrogate(unescaped)
            ? throw new PhantomDbException(SqlStates.SyntaxError, "invalid Unicode surrogate pair") : unescaped;
    }

    private static bool HasLoneSurrogate(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !char.IsSurrogatePair(text, i++))
            {
                return true;
            }
        }

        return false;
    }
}
