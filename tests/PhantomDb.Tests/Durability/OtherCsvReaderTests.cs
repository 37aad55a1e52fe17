using System.Text;
using CsvHelper;
using Microsoft.VisualBasic.FileIO;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Fuzz.Crash;
using PhantomDb.Fuzz.Folders;
using PhantomDb.Fuzz.Statements;

namespace PhantomDb.Tests.Durability;

/// <summary>Our files are CSV for other people's readers, too: both of these find the same cells.</summary>
[TestClass]
public sealed class OtherCsvReaderTests
{
    [TestMethod]
    public void T14_CsvHelper_and_another_reader_find_the_same_cells_in_database_file_snapshot_log_and_manifest()
    {
        SampleFolder sample = SampleFolder.Make(SampleEnd.Closed);
        int rows = 0;
        foreach ((string path, byte[] bytes) in sample.Files)
        {
            rows += Compare(path, bytes).Count(record => record[0].StartsWith("ROW:", StringComparison.Ordinal));
        }
        Assert.IsGreaterThan(6, rows);
    }

    [TestMethod]
    public void T14_values_of_every_type_are_the_same_cells_for_both_readers_and_as_many_rows_as_there_are()
    {
        var disk = new SimulatedDisk();
        using Database database = Database.CreateInMemory(new DatabaseOptions { FileSystem = disk });
        using Session session = database.OpenSession();
        string[] nasty = ["a,b", "say \"x\"", "\"", "two\nlines", "# End: 1", "ROW:1", "[TABLE:x]", " blanks ", "", "é😀", "\\n", ">", "'"];
        foreach (string statement in (string[])[.. SampleTables.EveryType, "CREATE TABLE \"odd, \"\"name\"\"\" (\"a,b\" text PRIMARY KEY, \"c:d\" text)"])
        {
            session.Execute(statement).Dispose();
        }
        for (int i = 0; i < nasty.Length * nasty.Length; i++)
        {
            session.Execute($"INSERT INTO \"odd, \"\"name\"\"\" VALUES ('{i}{nasty[i / nasty.Length].Replace("'", "''", StringComparison.Ordinal)}', '{nasty[i % nasty.Length].Replace("'", "''", StringComparison.Ordinal)}')").Dispose();
        }
        database.SaveToDisk("/data/nasty.db");
        List<string[]> records = Compare("nasty.db", disk.Read("/data/nasty.db"));
        List<string[]> odd = [.. records.SkipWhile(record => !record[0].Contains("odd", StringComparison.Ordinal)).Skip(1)
            .Where(record => record.Length == 2 && record[0].StartsWith("ROW:", StringComparison.Ordinal))];
        string[] expected = [.. Enumerable.Range(0, nasty.Length * nasty.Length).Select(i => $"ROW:{i}{nasty[i / nasty.Length]}|{nasty[i % nasty.Length]}").Order(StringComparer.Ordinal)];

        string[] found = [.. odd.Select(record => string.Join('|', record)).Where(expected.Contains).Order(StringComparer.Ordinal)];

        CollectionAssert.AreEqual(expected, found);
    }

    // Lines without any cell are between sections: readers differ in whether they count.
    private static List<string[]> Compare(string path, byte[] bytes)
    {
        List<string[]> first = [.. ByCsvHelper(bytes).Where(record => record is not [""])], second = [.. ByVisualBasic(bytes).Where(record => record is not [""])];
        for (int i = 0; i < Math.Min(first.Count, second.Count); i++)
        {
            CollectionAssert.AreEqual(first[i], second[i], $"{path}, record {i + 1}: {string.Join('|', first[i])} and {string.Join('|', second[i])}");
        }
        Assert.AreEqual(first.Count, second.Count, path);
        return first;
    }

    private static IEnumerable<string[]> ByCsvHelper(byte[] bytes)
    {
        using CsvReader csv = CsvReader.Create(bytes.AsMemory(), new CsvReaderOptions
        {
            Separator = ',', HasHeader = false, MalformedData = CsvMalformedDataHandling.Throw, FieldCountMismatch = CsvFieldCountHandling.Allow, DetectSeparatorHint = false,
        });
        while (csv.Read())
        {
            yield return [.. Enumerable.Range(0, csv.FieldCount).Select(i => csv.GetString(i) ?? "")];
        }
    }

    private static IEnumerable<string[]> ByVisualBasic(byte[] bytes)
    {
        using var parser = new TextFieldParser(new MemoryStream(bytes), Encoding.UTF8) { Delimiters = [","], HasFieldsEnclosedInQuotes = true, TrimWhiteSpace = false };
        while (!parser.EndOfData)
        {
            yield return parser.ReadFields()!;
        }
    }
}
