using System.Buffers;
using System.Text;
using PhantomDb.Errors;
using PhantomDb.Types;

namespace PhantomDb.Vectors;

/// <summary>
/// Arrays of one dimension as their text, which is how vectors hold them: {1,NULL,"a b"}, and 1 2 3 for int2vector and
/// oidvector. What is written is the one form that a value has, so that equal arrays have equal bytes.
/// </summary>
internal static class ArrayText
{
    /// <summary>The elements' texts; null for NULL.</summary>
    public static List<byte[]?> Read(ReadOnlySpan<byte> text, SqlType type)
    {
        var elements = new List<byte[]?>();
        if (type.Id != SqlTypeId.Array)
        {
            foreach (Range range in text.Split((byte)' '))
            {
                if (!text[range].IsEmpty)
                {
                    elements.Add(text[range].ToArray());
                }
            }
            return elements;
        }
        ReadOnlySpan<byte> rest = text.Trim((byte)' ');
        if (rest.Length < 2 || rest[0] != '{' || rest[^1] != '}')
        {
            throw Malformed(text);
        }
        rest = rest[1..^1];
        if (rest.Trim((byte)' ').IsEmpty)
        {
            return elements;
        }
        while (true)
        {
            elements.Add(ReadElement(ref rest, text));
            if (rest.IsEmpty)
            {
                return elements;
            }
            rest = rest[1..];   // the comma
        }
    }

    /// <summary>Writes an array of a type, each element brought to the form that its type has.</summary>
    public static void Write(IReadOnlyList<byte[]?> elements, SqlType type, IBufferWriter<byte> output, ITextContext? context)
    {
        SqlType element = type.Element;
        TextInput? input = element.IsString || context is null ? null : new TextInput(element, context);
        TextOutput? textOutput = input is null ? null : new TextOutput(element, context!);
        var vector = new Vector(element.Physical);
        var buffer = new ArrayBufferWriter<byte>();
        bool isVector = type.Id != SqlTypeId.Array;
        if (!isVector)
        {
            output.Write([(byte)'{']);
        }
        for (int i = 0; i < elements.Count; i++)
        {
            if (i > 0)
            {
                output.Write([(byte)(isVector ? ' ' : ',')]);
            }
            if (elements[i] is not { } text)
            {
                output.Write("NULL"u8);
                continue;
            }
            buffer.ResetWrittenCount();
            if (input is null)
            {
                buffer.Write(text);
            }
            else
            {
                vector.BeginWrite();
                input.Parse(text, vector, 0);
                input.End(vector);
                textOutput!.Write(vector, 0, buffer);
            }
            WriteElement(buffer.WrittenSpan, output);
        }
        if (!isVector)
        {
            output.Write([(byte)'}']);
        }
    }

    /// <summary>An array of strings as text: for what the engine makes itself.</summary>
    public static string Of(IEnumerable<string?> elements)
    {
        var output = new ArrayBufferWriter<byte>();
        Write([.. elements.Select(e => e is null ? null : Encoding.UTF8.GetBytes(e))], SqlType.ArrayOf(SqlTypeId.Text), output, null);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <summary>Writes one element within {}: between quotes where its text could be taken for something else.</summary>
    public static void WriteElement(ReadOnlySpan<byte> text, IBufferWriter<byte> output)
    {
        bool needsQuotes = text.IsEmpty || text.IndexOfAny("{},\"\\ \t\n\r\v\f"u8) >= 0 || Ascii.EqualsIgnoreCase(text, "null"u8);
        if (!needsQuotes)
        {
            output.Write(text);
            return;
        }
        output.Write([(byte)'"']);
        foreach (byte b in text)
        {
            if (b is (byte)'"' or (byte)'\\')
            {
                output.Write([(byte)'\\']);
            }
            output.Write([b]);
        }
        output.Write([(byte)'"']);
    }

    private static byte[]? ReadElement(ref ReadOnlySpan<byte> rest, ReadOnlySpan<byte> whole)
    {
        rest = rest.TrimStart((byte)' ');
        var element = new List<byte>();
        bool isQuoted = false;
        if (!rest.IsEmpty && rest[0] == '"')
        {
            isQuoted = true;
            int i = 1;
            for (; i < rest.Length && rest[i] != '"'; i++)
            {
                if (rest[i] == '\\' && i + 1 < rest.Length)
                {
                    i++;
                }
                element.Add(rest[i]);
            }
            if (i >= rest.Length)
            {
                throw Malformed(whole);
            }
            rest = rest[(i + 1)..].TrimStart((byte)' ');
            return rest.IsEmpty || rest[0] == ',' ? [.. element] : throw Malformed(whole);
        }
        int end = 0;
        for (; end < rest.Length && rest[end] != ','; end++)
        {
            switch (rest[end])
            {
                case (byte)'{' or (byte)'}':
                    throw Error.NotSupported("an array of several dimensions");
                case (byte)'"':
                    throw Malformed(whole);
                case (byte)'\\' when end + 1 < rest.Length:
                    isQuoted = true;
                    end++;
                    break;
            }
            element.Add(rest[end]);
        }
        rest = rest[end..];
        while (!isQuoted && element.Count > 0 && element[^1] == ' ')
        {
            element.RemoveAt(element.Count - 1);
        }
        if (element.Count == 0)
        {
            throw Malformed(whole);
        }
        byte[] bytes = [.. element];
        return !isQuoted && Ascii.EqualsIgnoreCase(bytes, "null"u8) ? null : bytes;
    }

    private static PhantomDbException Malformed(ReadOnlySpan<byte> text) =>
        new(SqlStates.InvalidTextRepresentation, $"malformed array literal: \"{Encoding.UTF8.GetString(text)}\"");
}
