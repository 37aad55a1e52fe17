using System.Buffers;
using System.Text;

namespace PhantomDb.Shell.Output;

/// <summary>
/// An array of objects, or an object a line. Numbers and booleans are JSON's (NaN and Infinity, which it lacks, are
/// strings); everything else is a string. A column name that comes again gets a number, or readers would lose a value.
/// </summary>
internal sealed class JsonWriter(bool isLines) : RowWriter
{
    public override void Write(RowSource rows, OutputSink output)
    {
        byte[][] names = Names(rows.Columns);
        bool isFirst = true;
        if (!isLines)
        {
            output.Write((byte)'[');
        }
        while (rows.Read())
        {
            if (!isLines)
            {
                output.Write(isFirst ? "\n"u8 : ",\n"u8);
            }
            isFirst = false;
            WriteRow(rows, names, output);
            if (isLines)
            {
                output.Write((byte)'\n');
            }
        }
        if (!isLines)
        {
            output.Write(isFirst ? "]\n"u8 : "\n]\n"u8);
        }
    }

    private void WriteRow(RowSource rows, byte[][] names, OutputSink output)
    {
        output.Write((byte)'{');
        for (int i = 0; i < names.Length; i++)
        {
            if (i > 0)
            {
                output.Write((byte)',');
            }
            WriteString(names[i], output);
            output.Write((byte)':');
            if (rows.IsNull(i))
            {
                output.Write("null"u8);
            }
            else
            {
                WriteValue(TextOf(rows, i), rows.Columns[i].Kind, output);
            }
        }
        output.Write((byte)'}');
    }

    private static void WriteValue(ReadOnlySpan<byte> text, ColumnKind kind, OutputSink output)
    {
        if (kind == ColumnKind.Boolean)
        {
            output.Write(text.SequenceEqual("t"u8) || text.SequenceEqual("true"u8) ? "true"u8 : "false"u8);
        }
        else if (kind == ColumnKind.Number && char.IsAsciiDigit((char)text[^1]))
        {
            output.Write(text);
        }
        else
        {
            WriteString(text, output);
        }
    }

    private static void WriteString(ReadOnlySpan<byte> text, OutputSink output)
    {
        output.Write((byte)'"');
        int start = 0;
        for (int i = 0; i < text.Length; i++)
        {
            byte value = text[i];
            if (value >= 0x20 && value != '"' && value != '\\')
            {
                continue;
            }
            output.Write(text[start..i]);
            start = i + 1;
            output.Write(value switch
            {
                (byte)'"' => "\\\""u8,
                (byte)'\\' => "\\\\"u8,
                (byte)'\n' => "\\n"u8,
                (byte)'\r' => "\\r"u8,
                (byte)'\t' => "\\t"u8,
                _ => Utf8($"\\u{value:x4}"),
            });
        }
        output.Write(text[start..]);
        output.Write((byte)'"');
    }

    private static byte[][] Names(IReadOnlyList<RowColumn> columns)
    {
        HashSet<string> taken = [];
        byte[][] names = new byte[columns.Count][];
        for (int i = 0; i < names.Length; i++)
        {
            string name = columns[i].Name;
            for (int number = 1; !taken.Add(name); number++)
            {
                name = $"{columns[i].Name}_{number}";
            }
            names[i] = Encoding.UTF8.GetBytes(name);
        }
        return names;
    }
}
