using System.Security.Cryptography;
using System.Text;
using PhantomDb.Errors;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Functions;

/// <summary>
/// Functions over text that are not about patterns. Characters are code points; case follows collation "C": ASCII letters
/// alone have one.
/// </summary>
internal static class TextFunctions
{
    private static readonly SqlType Text = SqlType.Text;
    private static readonly SqlType Int = SqlType.Int32;

    public static void AddTo(List<ScalarFunction> functions)
    {
        AddLengths(functions);
        AddParts(functions);
        AddTrims(functions);
        AddChanges(functions);
        AddCharacters(functions);
        AddConcatenation(functions);
        AddHashes(functions);
    }

    private static void AddLengths(List<ScalarFunction> functions)
    {
        foreach (string name in new[] { "length", "char_length", "character_length" })
        {
            functions.Add(name, Int, [Text], RowKernels.Value((in RowReader row) => Utf8Text.Length(row.Text(0))));
            // Held without its blanks, which do not count.
            functions.Add(new ScalarFunction(name, [SqlTypeId.Char], types =>
                new BoundScalarFunction(name, Int, [types[0]], RowKernels.Value((in RowReader row) => Utf8Text.Length(row.Text(0))))));
        }

        functions.Add("length", Int, [SqlType.Bytea], RowKernels.Value((in RowReader row) => row.Text(0).Length));
        functions.Add("octet_length", Int, [Text], RowKernels.Value((in RowReader row) => row.Text(0).Length));
        functions.Add("octet_length", Int, [SqlType.Bytea], RowKernels.Value((in RowReader row) => row.Text(0).Length));
        functions.Add(new ScalarFunction("octet_length", [SqlTypeId.Char], types =>
            new BoundScalarFunction("octet_length", Int, [types[0]], RowKernels.Value((in RowReader row) =>
                row.Text(0).Length + Math.Max(0, types[0].Precision - Utf8Text.Length(row.Text(0)))))));
        functions.Add("bit_length", Int, [Text], RowKernels.Value((in RowReader row) => row.Text(0).Length * 8));
        functions.Add("bit_length", Int, [SqlType.Bytea], RowKernels.Value((in RowReader row) => row.Text(0).Length * 8));
    }

    private static void AddParts(List<ScalarFunction> functions)
    {
        foreach (string name in new[] { "substring", "substr" })
        {
            functions.Add(name, Text, [Text, Int], RowKernels.Slice((in RowReader row) => Utf8Text.Substring(row.Text(0), row.Value<int>(1))));
            functions.Fallible(name, Text, [Text, Int, Int], RowKernels.Slice((in RowReader row) =>
                Utf8Text.Substring(row.Text(0), row.Value<int>(1), row.Value<int>(2))));
            functions.Add(name, SqlType.Bytea, [SqlType.Bytea, Int], RowKernels.Slice((in RowReader row) =>
                SubBytes(row.Text(0), row.Value<int>(1), int.MaxValue)));
            functions.Fallible(name, SqlType.Bytea, [SqlType.Bytea, Int, Int], RowKernels.Slice((in RowReader row) =>
                SubBytes(row.Text(0), row.Value<int>(1), row.Value<int>(2))));
        }

        functions.Add("left", Text, [Text, Int], RowKernels.Slice((in RowReader row) => Utf8Text.Left(row.Text(0), row.Value<int>(1))));
        functions.Add("right", Text, [Text, Int], RowKernels.Slice((in RowReader row) => Utf8Text.Right(row.Text(0), row.Value<int>(1))));
        functions.Fallible("split_part", Text, [Text, Text, Int], RowKernels.Slice((in RowReader row) =>
            SplitPart(row.Text(0), row.Text(1), row.Value<int>(2))));
        foreach (string name in new[] { "strpos", "position" })
        {
            functions.Add(name, Int, [Text, Text], RowKernels.Value((in RowReader row) => PositionOf(row.Text(0), row.Text(1))));
        }

        functions.Add("position", Int, [SqlType.Bytea, SqlType.Bytea], RowKernels.Value((in RowReader row) => row.Text(0).IndexOf(row.Text(1)) + 1));
        functions.Add("starts_with", SqlType.Boolean, [Text, Text], RowKernels.Value((in RowReader row) => row.Text(0).StartsWith(row.Text(1))));
        functions.Add("^@", SqlType.Boolean, [Text, Text], RowKernels.Value((in RowReader row) => row.Text(0).StartsWith(row.Text(1))));
    }

    private static void AddTrims(List<ScalarFunction> functions)
    {
        functions.Add("btrim", Text, [Text], RowKernels.Slice((in RowReader row) => row.Text(0).Trim((byte)' ')));
        functions.Add("ltrim", Text, [Text], RowKernels.Slice((in RowReader row) => row.Text(0).TrimStart((byte)' ')));
        functions.Add("rtrim", Text, [Text], RowKernels.Slice((in RowReader row) => row.Text(0).TrimEnd((byte)' ')));
        functions.Add("btrim", Text, [Text, Text], RowKernels.Slice((in RowReader row) => Trim(row.Text(0), row.Text(1), true, true)));
        functions.Add("ltrim", Text, [Text, Text], RowKernels.Slice((in RowReader row) => Trim(row.Text(0), row.Text(1), true, false)));
        functions.Add("rtrim", Text, [Text, Text], RowKernels.Slice((in RowReader row) => Trim(row.Text(0), row.Text(1), false, true)));
    }

    private static void AddChanges(List<ScalarFunction> functions)
    {
        functions.Add("lower", Text, [Text], RowKernels.Text((in RowReader row, TextBuffer output) => Map(row.Text(0), output, ToLower)));
        functions.Add("upper", Text, [Text], RowKernels.Text((in RowReader row, TextBuffer output) => Map(row.Text(0), output, ToUpper)));
        functions.Add("initcap", Text, [Text], RowKernels.Text((in RowReader row, TextBuffer output) => InitCap(row.Text(0), output)));
        functions.Add("reverse", Text, [Text], RowKernels.Text((in RowReader row, TextBuffer output) => Reverse(row.Text(0), output)));
        functions.Fallible("repeat", Text, [Text, Int], RowKernels.Text((in RowReader row, TextBuffer output) =>
            output.AppendRepeated(row.Text(0), row.Value<int>(1))));
        functions.Fallible("lpad", Text, [Text, Int], RowKernels.Text((in RowReader row, TextBuffer output) =>
            Pad(row.Text(0), row.Value<int>(1), " "u8, atStart: true, output)));
        functions.Fallible("rpad", Text, [Text, Int], RowKernels.Text((in RowReader row, TextBuffer output) =>
            Pad(row.Text(0), row.Value<int>(1), " "u8, atStart: false, output)));
        functions.Fallible("lpad", Text, [Text, Int, Text], RowKernels.Text((in RowReader row, TextBuffer output) =>
            Pad(row.Text(0), row.Value<int>(1), row.Text(2), atStart: true, output)));
        functions.Fallible("rpad", Text, [Text, Int, Text], RowKernels.Text((in RowReader row, TextBuffer output) =>
            Pad(row.Text(0), row.Value<int>(1), row.Text(2), atStart: false, output)));
        functions.Fallible("replace", Text, [Text, Text, Text], RowKernels.Text((in RowReader row, TextBuffer output) =>
            Replace(row.Text(0), row.Text(1), row.Text(2), output)));
        functions.Add("translate", Text, [Text, Text, Text], RowKernels.Text((in RowReader row, TextBuffer output) =>
            Translate(row.Text(0), row.Text(1), row.Text(2), output)));
        functions.Fallible("overlay", Text, [Text, Text, Int], RowKernels.Text((in RowReader row, TextBuffer output) =>
            Overlay(row.Text(0), row.Text(1), row.Value<int>(2), Utf8Text.Length(row.Text(1)), output)));
        functions.Fallible("overlay", Text, [Text, Text, Int, Int], RowKernels.Text((in RowReader row, TextBuffer output) =>
            Overlay(row.Text(0), row.Text(1), row.Value<int>(2), row.Value<int>(3), output)));
    }

    private static void AddCharacters(List<ScalarFunction> functions)
    {
        functions.Add("ascii", Int, [Text], RowKernels.Value((in RowReader row) =>
            Rune.DecodeFromUtf8(row.Text(0), out Rune first, out _) == System.Buffers.OperationStatus.Done ? first.Value : 0));
        functions.Fallible("chr", Text, [Int], RowKernels.Text((in RowReader row, TextBuffer output) => Character(row.Value<int>(0), output)));
        functions.Add("to_hex", Text, [Int], RowKernels.Text((in RowReader row, TextBuffer output) =>
            output.Append(row.Value<int>(0).ToString("x", System.Globalization.CultureInfo.InvariantCulture))));
        functions.Add("to_hex", Text, [SqlType.Int64], RowKernels.Text((in RowReader row, TextBuffer output) =>
            output.Append(row.Value<long>(0).ToString("x", System.Globalization.CultureInfo.InvariantCulture))));
    }

    private static void AddConcatenation(List<ScalarFunction> functions)
    {
        functions.Add("||", Text, [Text, Text], Concatenate);
        functions.Add("||", SqlType.Bytea, [SqlType.Bytea, SqlType.Bytea], Concatenate);
        functions.Add(new ScalarFunction("||", [SqlTypeId.Unknown, SqlTypeId.Unknown], BindConcatenateAny) { TakesAny = true });
        functions.Add(new ScalarFunction("concat", [SqlTypeId.Unknown], types => new BoundScalarFunction("concat", Text, types,
            RowKernels.Text((in RowReader row, TextBuffer output) => AppendAll(row, types, 0, default, output)))
        {
            IsStrict = false, Volatility = Volatility.Stable, IsFallible = true,
        })
        {
            TakesAny = true, IsVariadic = true,
        });
        functions.Add(new ScalarFunction("concat_ws", [SqlTypeId.Unknown, SqlTypeId.Unknown], types => new BoundScalarFunction(
            "concat_ws", Text, [Text, .. types.Skip(1)],
            RowKernels.NullableText((in RowReader row, TextBuffer output) =>
            {
                if (row.IsNull(0))
                {
                    return false;
                }

                AppendAll(row, types, 1, row.Text(0), output);
                return true;
            }))
        {
            IsStrict = false, Volatility = Volatility.Stable, IsFallible = true,
        })
        {
            TakesAny = true, IsVariadic = true,
        });
    }

    private static void AddHashes(List<ScalarFunction> functions)
    {
        functions.Add("md5", Text, [Text], RowKernels.Text((in RowReader row, TextBuffer output) => AppendMd5(row.Text(0), output)));
        functions.Add("md5", Text, [SqlType.Bytea], RowKernels.Text((in RowReader row, TextBuffer output) => AppendMd5(row.Text(0), output)));
        functions.Add("sha256", SqlType.Bytea, [SqlType.Bytea], RowKernels.Text((in RowReader row, TextBuffer output) => output.Append(SHA256.HashData(row.Text(0)))));
        functions.Add("sha384", SqlType.Bytea, [SqlType.Bytea], RowKernels.Text((in RowReader row, TextBuffer output) => output.Append(SHA384.HashData(row.Text(0)))));
        functions.Add("sha512", SqlType.Bytea, [SqlType.Bytea], RowKernels.Text((in RowReader row, TextBuffer output) => output.Append(SHA512.HashData(row.Text(0)))));
        functions.Fallible("encode", Text, [SqlType.Bytea, Text], RowKernels.Text((in RowReader row, TextBuffer output) =>
            ByteEncodings.Encode(row.Text(0), row.String(1), output)));
        functions.Fallible("decode", SqlType.Bytea, [Text, Text], RowKernels.Text((in RowReader row, TextBuffer output) =>
            ByteEncodings.Decode(row.Text(0), row.String(1), output)));
    }

    public static byte ToLower(byte c) => (uint)(c - 'A') <= 25 ? (byte)(c | 0x20) : c;

    public static byte ToUpper(byte c) => (uint)(c - 'a') <= 25 ? (byte)(c & ~0x20) : c;

    /// <summary>Number of the character at which the part begins, 1 for an empty part, 0 where it is not there.</summary>
    private static int PositionOf(ReadOnlySpan<byte> text, ReadOnlySpan<byte> part)
    {
        int at = text.IndexOf(part);
        return at < 0 ? 0 : Utf8Text.Length(text[..at]) + 1;
    }

    private static ReadOnlySpan<byte> SubBytes(ReadOnlySpan<byte> bytes, long start, long count)
    {
        if (count < 0)
        {
            throw Error.NegativeSubstringLength();
        }

        long end = Math.Min(start + count, bytes.Length + 1L);
        start = Math.Max(start, 1);
        return end <= start ? default : bytes.Slice((int)start - 1, (int)(end - start));
    }

    private static ReadOnlySpan<byte> SplitPart(ReadOnlySpan<byte> text, ReadOnlySpan<byte> delimiter, int field)
    {
        if (field == 0)
        {
            throw Error.InvalidParameter("field position must not be zero");
        }

        if (text.IsEmpty || delimiter.IsEmpty)
        {
            return field is 1 or -1 ? text : default;
        }

        long wanted = field;
        if (field < 0)
        {
            wanted = text.Count(delimiter) + 2L + field;
            if (wanted < 1)
            {
                return default;
            }
        }

        while (true)
        {
            int at = text.IndexOf(delimiter);
            if (wanted == 1)
            {
                return at < 0 ? text : text[..at];
            }

            if (at < 0)
            {
                return default;
            }

            text = text[(at + delimiter.Length)..];
            wanted--;
        }
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> text, ReadOnlySpan<byte> set, bool atStart, bool atEnd)
    {
        while (atStart && !text.IsEmpty)
        {
            Rune.DecodeFromUtf8(text, out _, out int length);
            if (!ContainsCharacter(set, text[..length]))
            {
                break;
            }

            text = text[length..];
        }

        while (atEnd && !text.IsEmpty)
        {
            Rune.DecodeLastFromUtf8(text, out _, out int length);
            if (!ContainsCharacter(set, text[^length..]))
            {
                break;
            }

            text = text[..^length];
        }

        return text;
    }

    /// <summary>UTF-8 finds no character inside another.</summary>
    private static bool ContainsCharacter(ReadOnlySpan<byte> set, ReadOnlySpan<byte> character) => set.IndexOf(character) >= 0;

    private static void Map(ReadOnlySpan<byte> text, TextBuffer output, Func<byte, byte> map)
    {
        Span<byte> target = output.GetSpan(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            target[i] = map(text[i]);
        }

        output.Advance(text.Length);
    }

    private static void InitCap(ReadOnlySpan<byte> text, TextBuffer output)
    {
        bool inWord = false;
        foreach (byte c in text)
        {
            output.Append(inWord ? ToLower(c) : ToUpper(c));
            inWord = char.IsAsciiLetterOrDigit((char)c);
        }
    }

    private static void Reverse(ReadOnlySpan<byte> text, TextBuffer output)
    {
        while (!text.IsEmpty)
        {
            Rune.DecodeLastFromUtf8(text, out _, out int length);
            output.Append(text[^length..]);
            text = text[..^length];
        }
    }

    private static void Pad(ReadOnlySpan<byte> text, int length, ReadOnlySpan<byte> fill, bool atStart, TextBuffer output)
    {
        int missing = Math.Max(length, 0) - Utf8Text.Length(text);
        if (missing < 0)
        {
            output.Append(Utf8Text.Left(text, Math.Max(length, 0)));
            return;
        }

        if (!atStart)
        {
            output.Append(text);
        }

        if (!fill.IsEmpty)
        {
            int fillLength = Utf8Text.Length(fill);
            output.AppendRepeated(fill, missing / fillLength);
            output.Append(Utf8Text.Left(fill, missing % fillLength));
        }

        if (atStart)
        {
            output.Append(text);
        }
    }

    private static void Replace(ReadOnlySpan<byte> text, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, TextBuffer output)
    {
        while (!from.IsEmpty)
        {
            int at = text.IndexOf(from);
            if (at < 0)
            {
                break;
            }

            output.Append(text[..at]);
            output.Append(to);
            text = text[(at + from.Length)..];
        }

        output.Append(text);
    }

    private static void Translate(ReadOnlySpan<byte> text, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, TextBuffer output)
    {
        while (!text.IsEmpty)
        {
            Rune.DecodeFromUtf8(text, out _, out int length);
            int at = from.IndexOf(text[..length]);
            if (at < 0)
            {
                output.Append(text[..length]);
            }
            else
            {
                int index = Utf8Text.Length(from[..at]);
                output.Append(Utf8Text.Substring(to, index + 1L, 1));
            }

            text = text[length..];
        }
    }

    private static void Overlay(ReadOnlySpan<byte> text, ReadOnlySpan<byte> replacement, int start, int count, TextBuffer output)
    {
        if (start <= 0)
        {
            throw Error.NegativeSubstringLength();
        }

        output.Append(Utf8Text.Substring(text, 1, start - 1L));
        output.Append(replacement);
        output.Append(Utf8Text.Substring(text, Math.Min((long)start + count, int.MaxValue)));
    }

    private static void Character(int code, TextBuffer output)
    {
        if (code < 0)
        {
            throw Error.InvalidParameter("character number must be positive");
        }

        if (code == 0)
        {
            throw new PhantomDbException(SqlStates.ProgramLimitExceeded, "null character not permitted");
        }

        if (!Rune.TryCreate(code, out Rune character))
        {
            throw new PhantomDbException(
                SqlStates.ProgramLimitExceeded, $"requested character {(code > 0x10FFFF ? "too large" : "not valid")} for encoding: {code}");
        }

        output.Advance(character.EncodeToUtf8(output.GetSpan(4)));
    }

    private static void AppendMd5(ReadOnlySpan<byte> bytes, TextBuffer output)
    {
        Span<byte> hash = stackalloc byte[16];
        MD5.HashData(bytes, hash);
        output.Append(Convert.ToHexStringLower(hash));
    }

    /// <summary>text || text, straight into the result's heap.</summary>
    private static void Concatenate(in KernelArguments arguments, Vector result)
    {
        Vector left = arguments[0];
        Vector right = arguments[1];
        StringView[] leftViews = left.Data<StringView>();
        StringView[] rightViews = right.Data<StringView>();
        Span<StringView> target = result.Write<StringView>();
        Span<byte> inline = stackalloc byte[StringView.InlineLengthMax];
        for (int k = 0; k < arguments.Count; k++)
        {
            int i = arguments.HasSelection ? arguments.Selection[k] : k;
            ReadOnlySpan<byte> leftBytes = StringView.Bytes(in leftViews[left.PositionOf(i)], left.Blocks);
            ReadOnlySpan<byte> rightBytes = StringView.Bytes(in rightViews[right.PositionOf(i)], right.Blocks);
            long length = (long)leftBytes.Length + rightBytes.Length;
            if (length <= StringView.InlineLengthMax)
            {
                leftBytes.CopyTo(inline);
                rightBytes.CopyTo(inline[leftBytes.Length..]);
                target[i] = StringView.Inline(inline[..(int)length]);
                continue;
            }

            if (length > 0x3FFFFFFF - 4)
            {
                throw Error.StringTooLarge();
            }

            Span<byte> bytes = result.Heap.Allocate((int)length, out int block, out int offset);
            leftBytes.CopyTo(bytes);
            rightBytes.CopyTo(bytes[leftBytes.Length..]);
            target[i] = new StringView(bytes, block, offset);
        }

        result.SealStrings();
    }

    /// <summary>text || anything and the other way round: the text form of the one that is no text.</summary>
    private static BoundScalarFunction BindConcatenateAny(IReadOnlyList<SqlType> types)
    {
        if (!types[0].IsString && !types[1].IsString)
        {
            throw new PhantomDbException(SqlStates.UndefinedFunction, $"operator does not exist: {types[0].BaseName} || {types[1].BaseName}")
            {
                Hint = "No operator matches the given name and argument types. You might need to add explicit type casts.",
            };
        }

        return new BoundScalarFunction("||", Text, types, RowKernels.Text((in RowReader row, TextBuffer output) =>
        {
            TextOutput[] outputs = Outputs(row, types);
            outputs[0].WriteCast(row[0], row.Position, output);
            outputs[1].WriteCast(row[1], row.Position, output);
        }))
        {
            Volatility = Volatility.Stable, IsFallible = true,
        };
    }

    private static void AppendAll(in RowReader row, IReadOnlyList<SqlType> types, int first, ReadOnlySpan<byte> separator, TextBuffer output)
    {
        TextOutput[] outputs = Outputs(row, types);
        bool isFirst = true;
        for (int i = first; i < types.Count; i++)
        {
            if (row.IsNull(i))
            {
                continue;
            }

            if (!isFirst)
            {
                output.Append(separator);
            }

            isFirst = false;
            outputs[i].Write(row[i], row.Position, output);
        }
    }

    /// <summary>Text writers for the arguments, kept with the call site.</summary>
    public static TextOutput[] Outputs(in RowReader row, IReadOnlyList<SqlType> types)
    {
        if (row.State.Value is TextOutput[] outputs)
        {
            return outputs;
        }

        IStatementContext statement = row.Statement;
        outputs = types.Select(type => new TextOutput(type, statement)).ToArray();
        row.State.Value = outputs;
        return outputs;
    }
}
