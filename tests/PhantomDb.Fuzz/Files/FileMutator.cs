using System.Text;

namespace PhantomDb.Fuzz.Files;

/// <summary>Damages the bytes of a database file, or edits its lines as a person or a tool might.</summary>
internal sealed class FileMutator(Random random)
{
    private static readonly string[] Values =
    [
        "", "\"\"", "0", "-1", "NaN", "Infinity", "1e999", "99999999999999999999999999999999999999999999", "2024-02-30", "infinity", "\\x0", "\\xzz", "t", "maybe", "NULL", "ROW:1", "[TABLE:x]", "\"a\"b", "a\"b", "\"",
        "\u0000", "é", "é😀", "24:00:00", "1 year", "00000000-0000-0000-0000-000000000000", "# End: 1", "'", "2147483648", "-9223372036854775809", "1.23456789012345678901234567890", "   ",
    ];

    private static readonly string[] Lines =
    [
        "[TABLE:x]", "[TABLE:]", "[TABLE:public.x]", "[TABLE:\"x]", "[TABLE", "[VIEW:v]", "[SCHEMA:s]", "[SEQUENCE:s]", "[UNKNOWN:x]", "COLUMNS:id:int", "COLUMNS:", "COLUMNS:id:nothing", "COLUMNS:id:numeric(0,0)",
        "COLUMNS:id:numeric(99999999999)", "COLUMNS:a:int,a:int", "COLUMNS::int", "DATA:", "DATA:id,id", "DATA:nothing", "ROW:", "ROW:1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20", "ROW", "ROWS:1", "NOTNULL:nothing", "DEFAULT:id,(",
        "DEFAULT:id,nextval('nothing')", "IDENTITY:id,ALWAYS,nothing", "IDENTITY:id", "SEQUENCE:x", "SEQUENCE:x AS bigint START 99999999999999999999 INCREMENT 0", "CONSTRAINT:x PRIMARY KEY (id)", "CONSTRAINT:x PRIMARY KEY (nothing)",
        "CONSTRAINT:x UNIQUE ()", "CONSTRAINT:x CHECK (", "CONSTRAINT:x CHECK (1)", "CONSTRAINT:x CHECK (nothing > 1)", "CONSTRAINT:x FOREIGN KEY (id) REFERENCES nothing (id)", "CONSTRAINT:x", "INDEX:x (nothing)", "INDEX:x", "INDEX:x UNIQUE (id)",
        "QUERY:SELECT", "QUERY:SELECT 1", "USES:nothing", "COMMENT:TABLE,x", "COMMENT:x", "# PhantomDB Version: 1", "# PhantomDB Version: 2", "# PhantomDB Version: 99999999999999999999", "# PhantomDB Version: 1 | Id: x | Timeline: 1 | LSN: 0 | Header: 00000000",
        "# Rows: 1 | CRC: 00000000", "# Rows: 99999999999999999999999 | CRC: 00000000", "# Section: 1 | Offset: 1 | Length: 1 | Rows: 1 | CRC: 00000000", "# End: 1 | Rows: 1 | Length: 1 | CRC: 00000000 | Trailer: 00000000", "# End:", "",
        "# PhantomDB Database Snapshot", "# Timestamp: 2023-12-01", "hello", ",", "\"", "\"unfinished",
    ];

    /// <summary>The file as changed; it may be as it was.</summary>
    public byte[] Mutate(byte[] file)
    {
        for (int i = 1 + random.Next(random.Next(1, 4)); i > 0; i--)
        {
            file = random.Next(3) == 0 ? ChangeBytes(file) : ChangeLines(file);
        }
        return file;
    }

    private byte[] ChangeBytes(byte[] file)
    {
        if (file.Length == 0)
        {
            return file;
        }
        byte[] changed = [.. file];
        int at = random.Next(changed.Length);
        switch (random.Next(9))
        {
            case 0 or 1:
                changed[at] ^= (byte)(1 << random.Next(8));
                return changed;
            case 2:
                return changed[..at];
            case 3:
                return changed[at..];
            case 4:
                return [.. changed[..at], .. changed[Math.Min(changed.Length, at + random.Next(1, 200))..]];
            case 5:
                return [.. changed[..at], (byte)random.Next(256), .. changed[at..]];
            case 6:
                changed.AsSpan(at, Math.Min(random.Next(1, 100), changed.Length - at)).Clear();
                return changed;
            case 7:
                changed[at] = (byte)random.Next(256);
                return changed;
            default:
                return ChangeEncoding(changed);
        }
    }

    private byte[] ChangeEncoding(byte[] file) => random.Next(6) switch
    {
        0 => Encoding.Latin1.GetBytes(Encoding.UTF8.GetString(file)),
        1 => [.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes(Encoding.UTF8.GetString(file))],
        2 => [0xEF, 0xBB, 0xBF, .. file],
        3 => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(file).Replace("\n", "\r\n", StringComparison.Ordinal)),
        4 => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(file).Replace('\n', '\r')),
        _ => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(file).Replace(',', ';')),
    };

    private byte[] ChangeLines(byte[] file)
    {
        List<string> lines = [.. Encoding.Latin1.GetString(file).Split('\n')];   // Latin-1: any bytes pass unchanged
        int at = random.Next(lines.Count);
        int other = random.Next(lines.Count);
        switch (random.Next(10))
        {
            case 0:
                lines.RemoveAt(at);
                break;
            case 1:
                lines.Insert(at, lines[at]);
                break;
            case 2:
                (lines[at], lines[other]) = (lines[other], lines[at]);
                break;
            case 3:
                lines.Insert(at, lines[other]);
                break;
            case 4:
                lines.Insert(at, Text(Pick(Lines)));
                break;
            case 5:
                lines[at] = Text(Pick(Lines));
                break;
            case 6:
                lines.RemoveRange(at, Math.Min(random.Next(1, 10), lines.Count - at));
                break;
            case 7:
                lines[at] = lines[at].Replace("int", Pick(["text", "numeric(3,1)", "bool", "date", "int[]", "char(0)"]), StringComparison.Ordinal);
                break;
            default:
                lines[at] = ChangeField(lines[at]);
                break;
        }
        return Encoding.Latin1.GetBytes(string.Join('\n', lines));
    }

    private string ChangeField(string line)
    {
        List<string> fields = [.. line.Split(',')];
        int at = random.Next(fields.Count);
        switch (random.Next(5))
        {
            case 0:
                fields.RemoveAt(at);
                break;
            case 1:
                fields.Insert(at, Text(Pick(Values)));
                break;
            case 2:
                (fields[0], fields[at]) = (fields[at], fields[0]);
                break;
            default:
                fields[at] = at == 0 && line.StartsWith("ROW:", StringComparison.Ordinal) ? "ROW:" + Text(Pick(Values)) : Text(Pick(Values));
                break;
        }
        return string.Join(',', fields);
    }

    /// <summary>UTF-8 as Latin-1 has its bytes.</summary>
    private static string Text(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    private T Pick<T>(IReadOnlyList<T> items) => items[random.Next(items.Count)];
}
