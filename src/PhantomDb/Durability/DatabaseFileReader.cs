using System.Globalization;
using System.Text;
using PhantomDb.Csv;
using PhantomDb.Errors;
using PhantomDb.Vectors;

namespace PhantomDb.Durability;

/// <summary>
/// Reads database files, ours and those of others (docs/file-formats.md), into a catalog and tables of their own: all or
/// nothing. A sealed file is proved whole before any of it is believed.
/// </summary>
internal static class DatabaseFileReader
{
    private const string RowsMark = "# Rows: ";

    public static LoadedDatabase Read(string path, MemoryAccount? account = null, IFileSystem? fileSystem = null)
    {
        IFileSystem files = fileSystem ?? PhysicalFileSystem.Instance;
        FileHeader? header = null;
        bool isSealed = SealedFile.IsSealed(files, path);
        string sealPath = DatabaseFileWriter.SealPath(path);
        if (isSealed)
        {
            header = SealedFile.Verify(files, path).Header;
        }
        else if (files.Exists(sealPath))
        {
            (header, FileSeal? seal) = SealedFile.ReadBeside(files, sealPath);
            SealedFile.VerifyBeside(files, path, header, seal);
        }
        SectionLoader loader = Load(files, path, account, isSealed);
        if (loader.SectionCount == 0 && header is null)
        {
            throw Error.FileFormat(path, "it has no table, and no seal that says it should have none", path);
        }
        return loader.Finish() with
        {
            Id = header?.Id ?? Guid.Empty, Timeline = header?.Timeline ?? 1, Lsn = header?.Lsn ?? 0, IsSealed = isSealed,
        };
    }

    private static SectionLoader Load(IFileSystem files, string path, MemoryAccount? account, bool isSealed)
    {
        bool isOurs = SealedFile.IsOurs(files, path);
        var loader = new SectionLoader(account, isOurs);
        Stream stream = files.OpenRead(path);
        using var records = new CsvRecordReader(isSealed ? stream : new LooseRowStream(stream));
        try
        {
            while (records.TryRead(out string? problem))
            {
                if (problem is not null)
                {
                    throw new FormatException(problem);
                }
                if (records.Raw is [(byte)'#', ..])
                {
                    EnsureNoSeal(records, isSealed);
                    continue;
                }
                loader.Add(records);
            }
            loader.EndSection();
            return loader;
        }
        catch (FormatException error)
        {
            throw Error.FileFormat(path, error.Message, Place(files, path, records.Offset, loader.Place), error);
        }
        catch (DecoderFallbackException error)
        {
            throw Error.FileFormat(path, "its text is not UTF-8", Place(files, path, records.Offset, loader.Place), error);
        }
        catch (PhantomDbException error) when (error.Where is null)
        {
            throw Error.InFile(error, Place(files, path, records.Offset, loader.Place));
        }
    }

    // A seal's line in a file whose seal is gone from both ends is what is left of a sealed one.
    private static void EnsureNoSeal(CsvRecordReader records, bool isSealed)
    {
        if (isSealed)
        {
            return;
        }
        string line = Encoding.UTF8.GetString(records.Raw);
        if ((line.StartsWith(RowsMark, StringComparison.Ordinal) && line.Contains(" | CRC: ", StringComparison.Ordinal))
            || line.StartsWith(FileSeal.SectionMark, StringComparison.Ordinal) || FileHeader.IsSealLine(line))
        {
            throw new PhantomDbException(SqlStates.DataCorrupted, "the file has been sealed, and has lost its header and its end");
        }
    }

    private static string Place(IFileSystem files, string path, long offset, string place)
    {
        using Stream stream = files.OpenRead(path);
        long line = SectionScanner.LineAt(stream, offset);
        return string.Create(CultureInfo.InvariantCulture, $"{path}, line {line}, byte offset {offset}{(place.Length > 0 ? ", " : "")}{place}");
    }
}
