using System.Globalization;
using System.Text;

namespace PhantomDb.Shell.Commands;

/// <summary>
/// Finds out what a CSV file is like, and gives the SQL that takes it in: CREATE TABLE where the table is missing, and
/// COPY, which reads the values. The file is read once in a stream for that; nothing of it is kept but the header.
/// </summary>
internal sealed class CsvImport
{
    private readonly string _path;
    private readonly string _table;
    private readonly char _delimiter;
    private readonly bool _hasHeader;
    private readonly string[] _first;

    public CsvImport(string path, string table, char? delimiter, bool hasHeader)
    {
        _path = path;
        _table = table;
        _hasHeader = hasHeader;
        using StreamReader reader = Open();
        _delimiter = delimiter ?? FindDelimiter(reader.ReadLine() ?? "");
        using StreamReader again = Open();
        _first = ReadRecord(again)?.Select(field => field ?? "").ToArray()
            ?? throw new PhantomDbException("22P04", $"the file is empty: {path}");
    }

    /// <summary>The statement that makes the table, with the narrowest types that hold every value of the file.</summary>
    public string CreateTable()
    {
        ColumnGuess[] columns = [.. _first.Select(_ => new ColumnGuess())];
        using StreamReader reader = Open();
        if (_hasHeader)
        {
            ReadRecord(reader);
        }
        while (ReadRecord(reader) is { } record)
        {
            // Rows of another length are COPY's to refuse, with their line.
            for (int i = 0; i < Math.Min(record.Count, columns.Length); i++)
            {
                columns[i].Add(record[i]);
            }
        }
        string[] names = ColumnNames();
        return $"CREATE TABLE {_table} ({string.Join(", ", columns.Select((column, i) => $"{Quote(names[i])} {column.TypeName}"))})";
    }

    /// <summary>The statement that reads the rows from STDIN. The header's names decide which column gets which value.</summary>
    public string Copy(IReadOnlyList<string>? tableColumns)
    {
        string columns = "";
        if (_hasHeader && tableColumns is not null)
        {
            columns = $" ({string.Join(", ", _first.Select(name => Quote(Match(name.Trim(), tableColumns))))})";
        }
        string delimiter = _delimiter == '\t' ? "E'\\t'" : $"'{_delimiter}'";
        return $"COPY {_table}{columns} FROM STDIN (FORMAT csv, DELIMITER {delimiter}{(_hasHeader ? ", HEADER" : "")})";
    }

    /// <summary>The file's bytes without a byte order mark.</summary>
    public Stream OpenRows()
    {
        FileStream stream = ShellFiles.OpenRead(_path);
        Span<byte> mark = stackalloc byte[3];
        int count = stream.ReadAtLeast(mark, 3, throwOnEndOfStream: false);
        stream.Position = count == 3 && mark.SequenceEqual(Encoding.UTF8.Preamble) ? 3 : 0;
        return stream;
    }

    private static string Match(string name, IReadOnlyList<string> tableColumns) =>
        tableColumns.FirstOrDefault(column => column == name)
        ?? tableColumns.FirstOrDefault(column => column.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new PhantomDbException("42703", $"the file's header names column \"{name}\", which the table does not have")
        {
            Hint = "Columns of the table: " + string.Join(", ", tableColumns) + ". A file without a header needs --no-header.",
        };

    private StreamReader Open() => new(OpenRows(), new UTF8Encoding(false));

    /// <summary>Of the usual ones that which stands most often in the first line; a comma where none does.</summary>
    private static char FindDelimiter(string line) => ",;\t|".MaxBy(candidate => line.AsSpan().Count(candidate));

    private string[] ColumnNames()
    {
        HashSet<string> taken = [];
        string[] names = new string[_first.Length];
        for (int i = 0; i < names.Length; i++)
        {
            string wanted = _hasHeader && _first[i].Trim().Length > 0 ? _first[i].Trim() : string.Create(CultureInfo.InvariantCulture, $"column{i + 1}");
            names[i] = wanted;
            for (int number = 2; !taken.Add(names[i]); number++)
            {
                names[i] = string.Create(CultureInfo.InvariantCulture, $"{wanted}_{number}");
            }
        }
        return names;
    }

    private static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>The fields of the next record, null for those that are nothing between two separators; null at the end.</summary>
    private List<string?>? ReadRecord(StreamReader reader)
    {
        if (reader.Peek() < 0)
        {
            return null;
        }
        List<string?> fields = [];
        StringBuilder field = new();
        bool isQuoted = false;
        bool wasQuoted = false;
        while (true)
        {
            int c = reader.Read();
            if (c < 0 || (!isQuoted && (c == _delimiter || c is '\n' or '\r')))
            {
                fields.Add(field.Length == 0 && !wasQuoted ? null : field.ToString());
                field.Clear();
                wasQuoted = false;
                if (c == '\r' && reader.Peek() == '\n')
                {
                    reader.Read();
                }
                if (c != _delimiter)
                {
                    return fields;
                }
            }
            else if (c != '"')
            {
                field.Append((char)c);
            }
            else if (isQuoted && reader.Peek() == '"')
            {
                field.Append((char)reader.Read());
            }
            else
            {
                isQuoted = !isQuoted;
                wasQuoted = true;
            }
        }
    }

    /// <summary>The types that all values of a column so far have.</summary>
    private sealed class ColumnGuess
    {
        private bool _hasValues;
        private bool _isInteger = true;
        private bool _isNumeric = true;
        private bool _isDate = true;
        private bool _isTimestamp = true;
        private bool _isBoolean = true;

        public string TypeName => !_hasValues ? "text"
            : _isInteger ? "bigint"
            : _isNumeric ? "numeric"
            : _isBoolean ? "boolean"
            : _isDate ? "date"
            : _isTimestamp ? "timestamp"
            : "text";

        public void Add(string? value)
        {
            if (value is null)
            {
                return;
            }
            _hasValues = true;
            // 007 is a text that a number would not give back.
            bool keepsZeros = value.TrimStart('-') is not ['0', not '.', ..];
            _isInteger = _isInteger && keepsZeros && long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);
            _isNumeric = _isNumeric && keepsZeros && IsNumeric(value);
            _isDate = _isDate && DateOnly.TryParseExact(value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _);
            _isTimestamp = _isTimestamp && (_isDate || IsTimestamp(value));
            _isBoolean = _isBoolean && value is "t" or "f" or "true" or "false" or "TRUE" or "FALSE" or "True" or "False";
        }

        private static bool IsNumeric(string value) => value.Length <= 30 && decimal.TryParse(
            value, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out _);

        private static bool IsTimestamp(string value) => DateTime.TryParseExact(
            value,
            ["yyyy-MM-dd", "yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd HH:mm:ss.FFFFFF", "yyyy-MM-ddTHH:mm:ss", "yyyy-MM-ddTHH:mm:ss.FFFFFF"],
            CultureInfo.InvariantCulture, DateTimeStyles.None, out _);
    }
}
