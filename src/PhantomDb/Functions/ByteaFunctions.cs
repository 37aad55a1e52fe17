using System.Numerics;
using System.Text;
using PhantomDb.Errors;
using PhantomDb.Types;

namespace PhantomDb.Functions;

/// <summary>Functions over bytes and single bits of a bytea, and between bytea and text of an encoding.</summary>
internal static class ByteaFunctions
{
    private static readonly SqlType Bytes = SqlType.Bytea;
    private static readonly SqlType Int = SqlType.Int32;

    public static void AddTo(List<ScalarFunction> functions)
    {
        AddBytes(functions);
        AddBits(functions);
        AddTrims(functions);
        AddConversions(functions);
    }

    private static void AddBytes(List<ScalarFunction> functions)
    {
        functions.Fallible("get_byte", Int, [Bytes, Int], RowKernels.Value((in RowReader row) =>
            (int)row.Text(0)[IndexIn(row.Value<int>(1), row.Text(0).Length)]));
        functions.Fallible("set_byte", Bytes, [Bytes, Int, Int], RowKernels.Text((in RowReader row, TextBuffer output) =>
        {
            int index = IndexIn(row.Value<int>(1), row.Text(0).Length);
            Copy(row.Text(0), output)[index] = (byte)row.Value<int>(2);
        }));
        functions.Fallible("overlay", Bytes, [Bytes, Bytes, Int], RowKernels.Text((in RowReader row, TextBuffer output) =>
            Overlay(row.Text(0), row.Text(1), row.Value<int>(2), row.Text(1).Length, output)));
        functions.Fallible("overlay", Bytes, [Bytes, Bytes, Int, Int], RowKernels.Text((in RowReader row, TextBuffer output) =>
            Overlay(row.Text(0), row.Text(1), row.Value<int>(2), row.Value<int>(3), output)));
    }

    /// <summary>Bits are counted from the lowest of the first byte.</summary>
    private static void AddBits(List<ScalarFunction> functions)
    {
        functions.Fallible("get_bit", Int, [Bytes, SqlType.Int64], RowKernels.Value((in RowReader row) =>
        {
            long bit = IndexIn(row.Value<long>(1), row.Text(0).Length * 8L);
            return (row.Text(0)[(int)(bit / 8)] >> (int)(bit % 8)) & 1;
        }));
        functions.Fallible("set_bit", Bytes, [Bytes, SqlType.Int64, Int], RowKernels.Text((in RowReader row, TextBuffer output) =>
        {
            long bit = IndexIn(row.Value<long>(1), row.Text(0).Length * 8L);
            int value = row.Value<int>(2);
            if (value is not (0 or 1))
            {
                throw Error.InvalidParameter("new bit must be 0 or 1");
            }

            ref byte target = ref Copy(row.Text(0), output)[(int)(bit / 8)];
            byte mask = (byte)(1 << (int)(bit % 8));
            target = value == 1 ? (byte)(target | mask) : (byte)(target & ~mask);
        }));
        functions.Add("bit_count", SqlType.Int64, [Bytes], RowKernels.Value((in RowReader row) =>
        {
            long count = 0;
            foreach (byte value in row.Text(0))
            {
                count += BitOperations.PopCount(value);
            }

            return count;
        }));
    }

    private static void AddTrims(List<ScalarFunction> functions)
    {
        functions.Add("btrim", Bytes, [Bytes, Bytes], RowKernels.Slice((in RowReader row) => TrimEnd(TrimStart(row.Text(0), row.Text(1)), row.Text(1))));
        functions.Add("ltrim", Bytes, [Bytes, Bytes], RowKernels.Slice((in RowReader row) => TrimStart(row.Text(0), row.Text(1))));
        functions.Add("rtrim", Bytes, [Bytes, Bytes], RowKernels.Slice((in RowReader row) => TrimEnd(row.Text(0), row.Text(1))));
    }

    private static void AddConversions(List<ScalarFunction> functions)
    {
        SqlType text = SqlType.Text;
        functions.Fallible("convert_from", text, [Bytes, text], RowKernels.Text((in RowReader row, TextBuffer output) =>
            TextEncodings.ToUtf8(row.Text(0), row.String(1), "source", output)));
        functions.Fallible("convert_to", Bytes, [text, text], RowKernels.Text((in RowReader row, TextBuffer output) =>
            TextEncodings.FromUtf8(row.Text(0), row.String(1), output)));
        functions.Fallible("convert", Bytes, [Bytes, text, text], RowKernels.Text((in RowReader row, TextBuffer output) =>
        {
            var utf8 = new TextBuffer(row.Statement.Memory);
            TextEncodings.ToUtf8(row.Text(0), row.String(1), "source", utf8);
            TextEncodings.FromUtf8(utf8.Written, row.String(2), output);
        }));
        functions.Fallible("length", Int, [Bytes, text], RowKernels.Value((in RowReader row) =>
        {
            var utf8 = new TextBuffer(row.Statement.Memory);
            TextEncodings.ToUtf8(row.Text(0), row.String(1), "source", utf8);
            return Utf8Text.Length(utf8.Written);
        }));
    }

    private static int IndexIn(int index, int count) => (int)IndexIn(index, (long)count);

    private static long IndexIn(long index, long count) => index >= 0 && index < count
        ? index
        : throw new PhantomDbException("2202E", $"index {index} out of valid range, 0..{count - 1}");

    private static Span<byte> Copy(ReadOnlySpan<byte> bytes, TextBuffer output)
    {
        Span<byte> target = output.GetSpan(bytes.Length);
        bytes.CopyTo(target);
        output.Advance(bytes.Length);
        return target[..bytes.Length];
    }

    private static void Overlay(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> replacement, int start, int count, TextBuffer output)
    {
        if (start <= 0)
        {
            throw Error.NegativeSubstringLength();
        }

        output.Append(bytes[..Math.Min(start - 1, bytes.Length)]);
        output.Append(replacement);
        long rest = Math.Max(0, (long)start + count - 1);
        if (rest < bytes.Length)
        {
            output.Append(bytes[(int)rest..]);
        }
    }

    private static ReadOnlySpan<byte> TrimStart(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> set)
    {
        while (!bytes.IsEmpty && set.Contains(bytes[0]))
        {
            bytes = bytes[1..];
        }

        return bytes;
    }

    private static ReadOnlySpan<byte> TrimEnd(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> set)
    {
        while (!bytes.IsEmpty && set.Contains(bytes[^1]))
        {
            bytes = bytes[..^1];
        }

        return bytes;
    }
}

/// <summary>Text in other encodings: UTF8, SQL_ASCII and LATIN1. PostgreSQL's others are 0A000, unknown names 22023.</summary>
internal static class TextEncodings
{
    private static readonly string[] OtherNames =
    [
        "EUCJP", "EUCCN", "EUCKR", "EUCTW", "EUCJIS2004", "MULEINTERNAL", "LATIN2", "LATIN3", "LATIN4", "LATIN5", "LATIN6", "LATIN7",
        "LATIN8", "LATIN9", "LATIN10", "ISO88592", "ISO88593", "ISO88594", "ISO88595", "ISO88596", "ISO88597", "ISO88598", "ISO88599",
        "ISO885910", "ISO885913", "ISO885914", "ISO885915", "ISO885916", "WIN", "WIN866", "WIN874", "WIN949", "WIN950", "WIN1250", "WIN1251",
        "WIN1252", "WIN1253", "WIN1254", "WIN1255", "WIN1256", "WIN1257", "WIN1258", "ABC", "ALT", "BIG5", "GB18030", "GBK", "JOHAB", "KOI8",
        "KOI8R", "KOI8U", "MSKANJI", "SHIFTJIS", "SHIFTJIS2004", "SJIS", "TCVN", "TCVN5712", "UHC", "VSCII", "WINDOWS1250", "WINDOWS1251",
        "WINDOWS1252", "WINDOWS932", "WINDOWS936", "WINDOWS949", "WINDOWS950",
    ];

    /// <summary>Bytes of an encoding as UTF-8, checked.</summary>
    public static void ToUtf8(ReadOnlySpan<byte> bytes, string encoding, string role, TextBuffer output)
    {
        if (Find(encoding, role) == "LATIN1")
        {
            foreach (byte value in bytes)
            {
                output.Advance(new Rune(value).EncodeToUtf8(output.GetSpan(4)));
            }
        }
        else
        {
            output.Append(bytes);
        }

        Utf8Text.EnsureValid(output.Written);
    }

    /// <summary>UTF-8 as bytes of an encoding; 22P05 for a character that it does not have.</summary>
    public static void FromUtf8(ReadOnlySpan<byte> text, string encoding, TextBuffer output)
    {
        if (Find(encoding, "destination") != "LATIN1")
        {
            output.Append(text);
            return;
        }

        while (!text.IsEmpty)
        {
            Rune.DecodeFromUtf8(text, out Rune character, out int length);
            if (character.Value > 0xFF)
            {
                string bytes = string.Join(' ', text[..length].ToArray().Select(b => $"0x{b:x2}"));
                throw new PhantomDbException("22P05", $"character with byte sequence {bytes} in encoding \"UTF8\" has no equivalent in encoding \"LATIN1\"");
            }

            output.Append((byte)character.Value);
            text = text[length..];
        }
    }

    /// <summary>True for the name of an encoding that PostgreSQL has.</summary>
    public static bool IsName(string encoding)
    {
        string name = NameOf(encoding);
        return name is "UTF8" or "UNICODE" or "SQLASCII" or "LATIN1" or "ISO88591" || OtherNames.Contains(name);
    }

    private static string NameOf(string encoding) => new([.. encoding.ToUpperInvariant().Where(char.IsAsciiLetterOrDigit)]);

    private static string Find(string encoding, string role)
    {
        string name = NameOf(encoding);
        return name switch
        {
            "UTF8" or "UNICODE" => "UTF8",
            "SQLASCII" => "SQL_ASCII",
            "LATIN1" or "ISO88591" => "LATIN1",
            _ when OtherNames.Contains(name) => throw Error.NotSupported($"encoding \"{encoding}\""),
            _ => throw Error.InvalidParameter($"invalid {role} encoding name \"{encoding}\""),
        };
    }
}
