using System.Text;
using PhantomDb.Csv;
using PhantomDb.Durability.Log;
using PhantomDb.Errors;

namespace PhantomDb.Durability.History;

/// <summary>The rows that a LOAD record's side file has, as text, in a stream. The file is proved whole first, and to be the one that the record means.</summary>
internal static class SideFileRows
{
    /// <param name="log">The log with the record, and with the file beside it.</param>
    /// <param name="load">The record: file, rows, checksum.</param>
    /// <param name="placeOf">Where the value of a column goes; -1 for nowhere.</param>
    /// <param name="width">Values of each row that is made.</param>
    public static IEnumerable<string?[]> Read(ILogSource log, LogEntry load, Func<string, int> placeOf, int width)
    {
        string fileName = load.Others![0]!;
        using Stream stream = log.OpenSideFile(fileName);
        SealedFile file = SealedFile.Verify(stream, fileName);
        if (load.Others[2] != Checksum.Text(file.Seal.Crc))
        {
            throw Error.FileDamaged(fileName, "it is not the one that the log's record means", fileName, null, null);
        }
        stream.Position = 0;
        using var records = new CsvRecordReader(stream);
        int[] places = [];
        while (records.TryRead(out string? problem))
        {
            if (problem is not null)
            {
                throw Error.FileFormat(fileName, problem, fileName);
            }
            if (records.Raw.StartsWith("DATA:"u8) || records.Raw.StartsWith("\"DATA:"u8))
            {
                places = [.. Names(records).Select(placeOf)];
            }
            else if (records.Raw.StartsWith("ROW:"u8) || records.Raw.StartsWith("\"ROW:"u8))
            {
                yield return Row(records, places, width);
            }
        }
    }

    private static List<string> Names(CsvRecordReader record)
    {
        List<string> names = [];
        for (int i = 0; i < record.Count; i++)
        {
            string cell = Encoding.UTF8.GetString(record.Value(i));
            names.Add(new DefinitionText(i == 0 ? cell["DATA:".Length..] : cell).Name());
        }
        return names;
    }

    private static string?[] Row(CsvRecordReader record, int[] places, int width)
    {
        string?[] values = new string?[width];
        for (int i = 0; i < places.Length; i++)
        {
            ReadOnlySpan<byte> value = i == 0 ? record.Value(0)["ROW:".Length..] : record.Value(i);
            if (places[i] >= 0 && (!value.IsEmpty || record.IsQuoted(i)))
            {
                values[places[i]] = Encoding.UTF8.GetString(value);
            }
        }
        return values;
    }
}
