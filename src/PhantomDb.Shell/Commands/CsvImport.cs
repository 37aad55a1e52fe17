using System.Globalization;
using System.Text;
using PhantomDb.Shell.Input;
using PhantomDb.Shell.Output;

namespace PhantomDb.Shell.Commands;

/// <summary>A CSV file, and what its user has told of it.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Delimiter">Null: as the file says, or its first line looks.</param>
/// <param name="Encoding">Null: as a byte order mark says, else UTF-8.</param>
/// <param name="HasHeader">The first row has the names of the columns.</param>
internal sealed record CsvFile(string Path, char? Delimiter, Encoding? Encoding, bool HasHeader);

/// <summary>
/// Finds out what a CSV file is like, and gives the SQL that takes it in: CREATE TABLE where the table is missing, and
/// COPY, which reads the values. The file is read once in a stream for that; nothing of it is kept but the header.
/// </summary>
internal sealed class CsvImport
{
    private readonly CsvFile _file;
    private readonly string _table;
    private readonly char _delimiter;
    private readonly string[] _first;
    private readonly Action _throwIfInterrupted;

    /// <param name="file">The file, and what is known of it.</param>
    /// <param name="table">As SQL writes it.</param>
    /// <param name="throwIfInterrupted">Asked for each row.</param>
    public CsvImport(CsvFile file, string table, Action throwIfInterrupted)
    {
        (_file, _table, _throwIfInterrupted) = (file, table, throwIfInterrupted);
        using CsvFileStream start = Open();
        using StreamReader reader = new(start);
        string line = reader.ReadLine() ?? throw new PhantomDbException("22P04", $"the file is empty: {file.Path}");
        _delimiter = file.Delimiter ?? start.NamedDelimiter ?? FindDelimiter(line);
        using StreamReader again = new(Open());
        _first = [.. ReadRecord(again)!.Select(field => field ?? "")];
    }

    /// <summary>The statement that makes the table, with the narrowest types that hold every value of the file.</summary>
    public string CreateTable()
    {
        ColumnGuess[] columns = [.. _first.Select(_ => new ColumnGuess())];
        using StreamReader reader = new(OpenRows("looking at"));
        if (_file.HasHeader)
        {
            ReadRecord(reader);
        }
        while (ReadRecord(reader) is { } record)
        {
            _throwIfInterrupted();
            // Rows of another length are COPY's to refuse, with their line.
            for (int i = 0; i < Math.Min(record.Count, columns.Length); i++)
            {
                columns[i].Add(record[i]);
            }
        }
        string[] names = ColumnNames();
        return $"CREATE TABLE {_table} ({string.Join(", ", columns.Select((column, i) => $"{SqlName.Quote(names[i])} {column.TypeName}"))})";
    }

    /// <summary>The statement that reads the rows from STDIN. The header's names decide which column gets which value.</summary>
    public string Copy(IReadOnlyList<string>? tableColumns)
    {
        string columns = "";
        if (_file.HasHeader && tableColumns is not null)
        {
            columns = $" ({string.Join(", ", _first.Select(name => SqlName.Quote(Match(name.Trim(), tableColumns))))})";
        }
        string delimiter = _delimiter == '\t' ? "E'\\t'" : $"'{_delimiter}'";
        return $"COPY {_table}{columns} FROM STDIN (FORMAT csv, DELIMITER {delimiter}{(_file.HasHeader ? ", HEADER" : "")})";
    }

    /// <summary>The rows as that statement takes them.</summary>
    /// <param name="work">What they are read for, for the person who waits.</param>
    public CsvFileStream OpenRows(string work = "reading") => Open(_delimiter, keepsBlankLines: _first.Length == 1, (position, length) => ProgressLine.ShowReading(work, _file.Path, position, length));

    private static string Match(string name, IReadOnlyList<string> tableColumns) =>
        tableColumns.FirstOrDefault(column => column == name)
        ?? tableColumns.FirstOrDefault(column => column.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new PhantomDbException("42703", $"the file's header names column \"{name}\", which the table does not have")
        {
            Hint = "Columns of the table: " + string.Join(", ", tableColumns) + ". A file without a header needs --no-header.",
        };

    private CsvFileStream Open(char delimiter = '\t', bool keepsBlankLines = false, Action<long, long>? onRead = null)
    {
        FileStream file = ShellFiles.OpenRead(_file.Path);
        if (!file.CanSeek)
        {
            file.Dispose();
            throw new PhantomDbException("42809", $"\"{_file.Path}\" is a pipe or a device, and .import reads its file more than once") { Hint = "COPY TABLE FROM 'FILE' (FORMAT csv) reads once." };
        }
        return new CsvFileStream(file, _file.Path, _file.Encoding) { Delimiter = delimiter, KeepsBlankLines = keepsBlankLines, OnRead = onRead };
    }

    /// <summary>Of the usual ones that which stands most often in the first line, outside of quotes; a comma where none does.</summary>
    private static char FindDelimiter(string line)
    {
        string unquoted = string.Concat(line.Split('"').Where((_, i) => i % 2 == 0));
        return ",;\t|".MaxBy(candidate => unquoted.AsSpan().Count(candidate));
    }

    private string[] ColumnNames()
    {
        HashSet<string> taken = [];
        string[] names = new string[_first.Length];
        for (int i = 0; i < names.Length; i++)
        {
            string wanted = _file.HasHeader && _first[i].Trim().Length > 0 ? _first[i].Trim() : string.Create(CultureInfo.InvariantCulture, $"column{i + 1}");
            names[i] = wanted;
            for (int number = 2; !taken.Add(names[i]); number++)
            {
                names[i] = string.Create(CultureInfo.InvariantCulture, $"{wanted}_{number}");
            }
        }
        return names;
    }

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
}
