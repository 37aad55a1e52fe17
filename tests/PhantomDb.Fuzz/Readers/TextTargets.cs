using System.Text;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Snapshots;
using PhantomDb.Errors;
using PhantomDb.Execution.Copy;
using PhantomDb.Planning.Logical;

namespace PhantomDb.Fuzz.Readers;

/// <summary>What COPY reads: every field can be looked at, or the input is refused.</summary>
internal sealed class CopyTarget(string name, CopyOptions options, params byte[][] originals) : ReaderTarget(name, originals)
{
    public override string? Read(byte[] bytes, byte[] original, bool isForged, out string outcome)
    {
        var reader = CopyRowReader.Create(new MemoryStream(bytes), options);
        long line = 0, size = 0;
        outcome = "read";
        while (reader.Read())
        {
            if (reader.LineNumber <= line)
            {
                return $"a row on line {reader.LineNumber} comes after one on line {line}";
            }
            line = reader.LineNumber;
            for (int i = 0; i < reader.FieldCount; i++)
            {
                size += reader.IsNull(i) ? 0 : Encoding.UTF8.GetCharCount(reader[i]);
            }
        }
        return size > bytes.Length ? $"{size} characters of {bytes.Length} bytes" : null;
    }

    public override string? CheckRefusal(PhantomDbException error, byte[] bytes, byte[] original) =>
        error.SqlState is not (SqlStates.BadCopyFileFormat or SqlStates.CharacterNotInRepertoire) ? $"SQLSTATE {error.SqlState}" : null;
}

/// <summary>Names of segments, side files and snapshots: a name that is taken is the one that its parts make.</summary>
internal sealed class NameTarget(params byte[][] originals) : ReaderTarget("file names", originals)
{
    public override string? Read(byte[] bytes, byte[] original, bool isForged, out string outcome)
    {
        string text = Encoding.UTF8.GetString(bytes);
        string?[] names = [LogSegmentName.TryParse(text)?.ToString(), LoadFileName.TryParse(text)?.ToString(), SnapshotName.TryParse(text)?.ToString()];
        outcome = names.All(name => name is null) ? "no name" : "name";
        return names.Any(name => name is not null && name != text) ? $"{text} is taken for {names.First(name => name is not null && name != text)}" : null;
    }
}
