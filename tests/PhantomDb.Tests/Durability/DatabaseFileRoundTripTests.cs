using System.Globalization;
using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Catalog;
using PhantomDb.Durability;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Tests.Durability;

/// <summary>
/// Random rows of every type, nasty values among them, byte for byte through a file and back. PHANTOMDB_ROUND_TRIP_ROWS
/// sets how many (1,000,000 takes some minutes), PHANTOMDB_SEED repeats a run.
/// </summary>
[TestClass]
public sealed class DatabaseFileRoundTripTests
{
    internal static readonly string[] TypeNames =
    [
        "bool", "smallint", "int", "bigint", "numeric", "numeric(10,2)", "numeric(38,5)", "float", "double", "string", "varchar(20)", "char(6)",
        "bytea", "date", "time", "datetime", "timestamptz", "timestamptz(3)", "interval", "uuid", "oid", "name",
    ];

    private static readonly string[] Texts =
    [
        "", " ", "a", ",", "\"", "\"\"", "\n", "\r\n", "\r", "NULL", "ROW:", "[TABLE:x]", "# End: 1", "'", "\\", "ä€😀", "x,\"y\"\nz", "\u0001", "\t", "end ", "  ",
        "\uFEFF", "# Rows: 1 | CRC: 00000000", "\n[TABLE:y]\nCOLUMNS:a:int\n", "\n# End: 1 | Rows: 1\n", "ROW:\"a,b\",c", "\\N", "\\.", "[SCHEMA:x]", "NaN", "\u200B", "e\u0301",
    ];

    private const int RowsCompared = 3000;   // with a reader that takes its time

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public void Rows_of_every_type_come_back_byte_for_byte()
    {
        int count = Setting("PHANTOMDB_ROUND_TRIP_ROWS", 3000);
        int seed = Setting("PHANTOMDB_SEED", Environment.TickCount);
        TestContext.WriteLine($"seed {seed}");
        var random = new Random(seed);
        List<string?[]> written = [];
        string folder = Directory.CreateTempSubdirectory("phantomdb").FullName;
        try
        {
            string source = Path.Combine(folder, "source.db");
            using (var writer = new StreamWriter(source, false, new UTF8Encoding(false)))
            {
                writer.Write("# PhantomDB Version: 1\n\n[TABLE:t]\n");
                writer.Write("COLUMNS:" + string.Join(',', TypeNames.Select((t, i) => t.Contains(',') ? $"\"c{i}:{t}\"" : $"c{i}:{t}")) + "\n");
                writer.Write("DATA:" + string.Join(',', TypeNames.Select((_, i) => $"c{i}")) + "\n");
                for (int row = 0; row < count; row++)
                {
                    string?[] values = [.. TypeNames.Select(t => random.Next(8) == 0 ? null : Value(t, random))];
                    if (row < RowsCompared)
                    {
                        written.Add(values);
                    }
                    string[] cells = [.. values.Select(value => value is null ? "" : Cell(value))];
                    cells[0] = "ROW:" + cells[0];
                    writer.Write(string.Join(',', cells) + "\n");
                }
            }
            string first = Path.Combine(folder, "first.db"), second = Path.Combine(folder, "second.db"), plain = Path.Combine(folder, "plain.db");
            var options = new DatabaseFileOptions { GeneratedAt = DateTime.UnixEpoch };
            DatabaseFileWriter.Write(Content(DatabaseFileReader.Read(source)), first, options);
            DatabaseFileWriter.Write(Content(DatabaseFileReader.Read(first)), second, options);
            DatabaseFileWriter.Write(Content(DatabaseFileReader.Read(second)), plain, options with { Sealed = false });

            AssertEqualValues(DatabaseFileReader.Read(source), DatabaseFileReader.Read(second));
            Assert.IsTrue(File.ReadAllBytes(first).AsSpan().SequenceEqual(File.ReadAllBytes(second)), "sealed files differ");
            Assert.AreEqual(RowLines(source), RowLines(plain), "rows differ from those written by hand");
            AssertReadAsCsv(plain, written);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // As RFC 4180 has it, by a reader that knows nothing of ours: NULL and '' are both an empty cell to it.
    private static void AssertReadAsCsv(string path, List<string?[]> written)
    {
        int row = 0;
        foreach (List<string> record in CsvRecords(File.ReadAllText(path)))
        {
            if (!record[0].StartsWith("ROW:", StringComparison.Ordinal) || row == written.Count)
            {
                continue;
            }
            record[0] = record[0][4..];
            CollectionAssert.AreEqual(written[row++].Select(value => value ?? "").ToArray(), record);
        }
        Assert.AreEqual(written.Count, row);
    }

    private static IEnumerable<List<string>> CsvRecords(string text)
    {
        List<string> record = [];
        StringBuilder cell = new();
        bool isQuoted = false;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (isQuoted && c == '"' && i + 1 < text.Length && text[i + 1] == '"')
            {
                cell.Append('"');
                i++;
            }
            else if (c == '"')
            {
                isQuoted = !isQuoted;
            }
            else if (!isQuoted && c is (',' or '\n'))
            {
                record.Add(cell.ToString());
                cell.Clear();
                if (c == '\n')
                {
                    yield return record;
                    record = [];
                }
            }
            else
            {
                cell.Append(c);
            }
        }
    }

    // Bit by bit: NaN equals itself, and -0 is not 0.
    private static void AssertEqualValues(LoadedDatabase left, LoadedDatabase right)
    {
        TableStore leftStore = left.Storage.Tables.Values.Single(), rightStore = right.Storage.Tables.Values.Single();
        Assert.AreEqual(leftStore.RowCount, rightStore.RowCount);
        PhysicalType[] types = [.. leftStore.Definition.Columns.Select(c => c.Type.Physical)];
        DataChunk leftChunk = new(types), rightChunk = new(types);
        TableScan.Worker leftWorker = leftStore.Scan(leftStore.ColumnNumbers, ReadView.Latest).NewWorker();
        TableScan.Worker rightWorker = rightStore.Scan(rightStore.ColumnNumbers, ReadView.Latest).NewWorker();
        while (leftWorker.TryNext(leftChunk))
        {
            Assert.IsTrue(rightWorker.TryNext(rightChunk));
            Assert.AreEqual(leftChunk.Count, rightChunk.Count);
            for (int column = 0; column < types.Length; column++)
            {
                Vector leftVector = leftChunk.Vectors[column], rightVector = rightChunk.Vectors[column];
                for (int row = 0; row < leftChunk.Count; row++)
                {
                    bool isValid = leftVector.IsValid(row);
                    if (isValid != rightVector.IsValid(row) || (isValid && !AreEqual(types[column], leftVector, rightVector, row)))
                    {
                        Assert.Fail($"column {column}, row {row} of a chunk: other value");
                    }
                }
            }
        }
        Assert.IsFalse(rightWorker.TryNext(rightChunk));
    }

    private static bool AreEqual(PhysicalType type, Vector left, Vector right, int row) => type switch
    {
        PhysicalType.Boolean => Same<bool>(left, right, row),
        PhysicalType.Int16 => Same<short>(left, right, row),
        PhysicalType.Int32 => Same<int>(left, right, row),
        PhysicalType.Int64 => Same<long>(left, right, row),
        PhysicalType.Int128 => Same<Int128>(left, right, row),
        PhysicalType.Real => BitConverter.SingleToInt32Bits(left.Data<float>()[row]) == BitConverter.SingleToInt32Bits(right.Data<float>()[row]),
        PhysicalType.Double => BitConverter.DoubleToInt64Bits(left.Data<double>()[row]) == BitConverter.DoubleToInt64Bits(right.Data<double>()[row]),
        PhysicalType.Numeric => Same<Numeric>(left, right, row) && left.Data<Numeric>()[row].ToString() == right.Data<Numeric>()[row].ToString(),
        PhysicalType.String => StringView.Bytes(in left.Data<StringView>()[row], left.Blocks).SequenceEqual(StringView.Bytes(in right.Data<StringView>()[row], right.Blocks)),
        PhysicalType.Interval => Same<Interval>(left, right, row),
        PhysicalType.Uuid => Same<UInt128>(left, right, row),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    private static bool Same<T>(Vector left, Vector right, int row) => left.Data<T>()[row]!.Equals(right.Data<T>()[row]);

    private static string RowLines(string path)
    {
        string text = File.ReadAllText(path);
        return text[text.IndexOf("ROW:", StringComparison.Ordinal)..];
    }

    private static DatabaseContent Content(LoadedDatabase loaded) => new("t", loaded.Catalog, loaded.Storage, ReadView.Latest);

    internal static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : otherwise;

    private static string Cell(string value) =>
        value.Length == 0 || value.AsSpan().ContainsAny(",\"\n\r") ? $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : value;

    // As PostgreSQL prints them.
    internal static string Value(string type, Random random) => type switch
    {
        "bool" => random.Next(2) == 0 ? "t" : "f",
        "smallint" => Pick(random, "-32768", "32767", "0") ?? Text((short)random.Next(short.MinValue, short.MaxValue)),
        "int" => Pick(random, "-2147483648", "2147483647") ?? Text(random.Next()),
        "bigint" => Pick(random, "-9223372036854775808", "9223372036854775807") ?? Text(random.NextInt64()),
        "numeric" => Pick(random, "0", "0.00", "1.50", "-1.500", "NaN", "Infinity", "-Infinity", "99999999999999999999999999999999999999", "-99999999999999999999999999999999999999", "0.0000000000000000000000000000000000001")
            ?? Text(random.Next()) + "." + Text(random.Next()),
        "numeric(10,2)" => Pick(random, "0.00", "-99999999.99", "0.01") ?? Text(random.Next(99_999_999)) + ".05",
        "numeric(38,5)" => Pick(random, "0.00000", "-999999999999999999999999999999999.99999") ?? Text(random.NextInt64()) + ".12345",
        "float" => Pick(random, "-0", "0", "NaN", "Infinity", "-Infinity", "1e-45", "-1e-45", "1.1754944e-38", "3.4028235e+38", "-3.4028235e+38", "1e+06") ?? Text(random.Next(1000)) + ".5",
        "double" => Pick(random, "-0", "0", "NaN", "Infinity", "-Infinity", "5e-324", "-5e-324", "2.2250738585072014e-308", "1.7976931348623157e+308", "0.1", "1.2345678901234568e+17") ?? Text(random.Next()) + ".25",
        "string" => Texts[random.Next(Texts.Length)] + Texts[random.Next(Texts.Length)],
        "name" => Texts[random.Next(Texts.Length)],
        "varchar(20)" => Texts[random.Next(Texts.Length)] is var text && new StringInfo(text).LengthInTextElements <= 10 ? text : "short",
        "oid" => Pick(random, "0", "4294967295") ?? Text(random.Next()),
        "char(6)" => Pick(random, "abc   ", "      ", "abcdef", "ä,\"   ", "  a   ", "\n     ") ?? "x     ",
        "bytea" => "\\x" + Convert.ToHexStringLower(Encoding.UTF8.GetBytes(Texts[random.Next(Texts.Length)] + (random.Next(2) == 0 ? "\0\r" : ""))),
        "date" => Pick(random, "infinity", "-infinity", "0044-03-15 BC", "9999-12-31", "10000-01-01", "4714-11-24 BC", "5874897-12-31", "0001-01-01") ?? $"20{random.Next(10, 99)}-0{random.Next(1, 9)}-1{random.Next(9)}",
        "time" => Pick(random, "00:00:00", "24:00:00", "23:59:59.999999") ?? $"1{random.Next(9)}:00:00.5",
        "datetime" => Pick(random, "infinity", "-infinity", "0001-01-01 00:00:00", "2020-02-29 12:00:00.000001", "4714-11-24 00:00:00 BC", "294276-12-31 23:59:59.999999") ?? $"20{random.Next(10, 99)}-01-01 00:00:00",
        "timestamptz" => Pick(random, "infinity", "-infinity", "2020-02-29 12:00:00.1+00", "4714-11-24 00:00:00+00 BC", "294276-12-31 23:59:59.999999+00") ?? $"20{random.Next(10, 99)}-01-01 00:00:00+00",
        "timestamptz(3)" => $"20{random.Next(10, 99)}-01-01 00:00:00.123+00",
        "interval" => Pick(random, "00:00:00", "1 year 2 mons -3 days +04:05:06.7", "-1 days", "-00:00:00.000001", "178000000 years", "-178000000 years -11 mons") ?? $"{random.Next(2, 99)} days",
        "uuid" => random.Next(2) == 0 ? "00000000-0000-0000-0000-000000000000" : new Guid(Bytes(random)).ToString("D"),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    // One of the values, or null half of the time.
    private static string? Pick(Random random, params string[] values) => random.Next(2) == 0 ? null : values[random.Next(values.Length)];

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static byte[] Bytes(Random random)
    {
        byte[] bytes = new byte[16];
        random.NextBytes(bytes);
        return bytes;
    }
}
