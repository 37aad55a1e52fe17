using System.Buffers;
using System.Globalization;
using System.Text;
using PhantomDb.Csv;
using PhantomDb.Durability.Log;
using PhantomDb.Errors;

namespace PhantomDb.Durability;

/// <summary>
/// Reads database files, ours and those of others (docs/file-formats.md), into a catalog and tables of their own: all or
/// nothing. A sealed file is proved whole before any of it is believed.
/// </summary>
internal static class DatabaseFileReader
{
    private static readonly string[] SealMarks = [" | CRC: ", " | Header: ", " | Trailer: "];   // no line of a seal has none of them
    private const int BlockSizeMax = 64 << 20;   // larger ones are read as a stream
    private const int ThreadCountMax = 8;

    public static LoadedDatabase Read(string path, LoadTarget? target = null, IFileSystem? fileSystem = null)
    {
        IFileSystem files = fileSystem ?? PhysicalFileSystem.Instance;
        using Stream stream = files.OpenRead(path);   // once: a file that replaces this one meanwhile is another one
        FileHeader? header = null;
        SealedFile? sealedFile = null;
        bool isSealed = SealedFile.IsSealed(stream);
        if (isSealed)
        {
            sealedFile = SealedFile.Verify(stream, path);
            header = sealedFile.Header;
        }
        else
        {
            header = SealedFile.VerifyBeside(files, stream, path);
        }
        bool isOurs = SealedFile.IsOurs(stream);
        target ??= LoadTarget.New;
        SectionLoader loader = new(target, isOurs);
        LoadedDatabase? loaded = sealedFile is null ? null : TryLoadBlocks(loader, stream, sealedFile);
        if (loaded is null)
        {
            loader.Discard();
            loader = new SectionLoader(target, isOurs);
            stream.Position = 0;
            using var records = new CsvRecordReader(isSealed ? stream : new LooseRowStream(stream));
            loaded = Load(loader, records, stream, path, isSealed);
        }
        if (loader.SectionCount == 0 && header is null)
        {
            throw Error.FileFormat(path, "it has no table, and no seal that says it should have none", Place(stream, path, stream.Length, ""));
        }
        return loaded with
        {
            Id = header?.Id ?? Guid.Empty, Timeline = header?.Timeline ?? 1, Lsn = header?.Lsn ?? 0, History = header?.History ?? SegmentHistory.Empty, IsSealed = isSealed, IsProved = header is not null,
            Sections = loader.Sections,
        };
    }

    /// <summary>
    /// Reads a file that differs from its seal, as one of other programs is read: what its checksums say counts for nothing, its header alone where it
    /// is whole. That the edit was meant is the caller's to know.
    /// </summary>
    /// <param name="isNothingEmptyText">True: nothing in a column of strings is '', as a spreadsheet leaves it; false: NULL, as we write it.</param>
    public static LoadedDatabase ReadEdited(string path, LoadTarget target, IFileSystem files, bool isNothingEmptyText = false)
    {
        using Stream stream = files.OpenRead(path);
        bool isSealed = SealedFile.IsSealed(stream);
        string sealPath = DatabaseFileWriter.SealPath(path);
        bool isOurs = isSealed || SealedFile.IsOurs(stream) || files.Exists(sealPath);
        FileHeader? header = isSealed ? SealedFile.ReadHeader(stream) : files.Exists(sealPath) ? SealedFile.ReadBeside(files, sealPath).Header : null;
        SectionLoader loader = new(target, isOurs && !isNothingEmptyText);
        stream.Position = 0;
        using var records = new CsvRecordReader(new LooseRowStream(stream));
        LoadedDatabase loaded = Load(loader, records, stream, path, mayHaveSeal: true);
        if (loader.SectionCount == 0)
        {
            throw Error.FileFormat(path, "it has no section: nothing is left of what could have been edited", Place(stream, path, stream.Length, ""));
        }
        return loaded with
        {
            Id = header?.Id ?? Guid.Empty, Timeline = header?.Timeline ?? 1, Lsn = header?.Lsn ?? 0, History = header?.History ?? SegmentHistory.Empty, IsSealed = isSealed, Sections = loader.Sections,
        };
    }

    /// <summary>Reads sections of a file of ours that were taken out of it: nothing is known of them but their text.</summary>
    public static LoadedDatabase ReadSections(Stream text, string path)
    {
        text.Position = 0;
        var loader = new SectionLoader(LoadTarget.New, isOurs: true);
        using var records = new CsvRecordReader(text);
        return Load(loader, records, text, path, mayHaveSeal: true);
    }

    /// <summary>For an error about a table or view of a file that has been read: its section.</summary>
    public static string PlaceOf(LoadedDatabase loaded, int oid, string path, IFileSystem files)
    {
        if (!loaded.Sections.TryGetValue(oid, out (string Head, long Offset) section))
        {
            return path;
        }
        using Stream stream = files.OpenRead(path);
        return Place(stream, path, section.Offset, $"section {section.Head}");
    }

    /// <summary>
    /// Loads a file that has been proved, its large tables by several threads; null where there are none, or where anything
    /// is wrong: then it is read again, one record after the other, to tell where.
    /// </summary>
    private static LoadedDatabase? TryLoadBlocks(SectionLoader loader, Stream stream, SealedFile file)
    {
        int threadCount = Math.Min(Environment.ProcessorCount, ThreadCountMax);
        IReadOnlyList<SectionSeal> sections = file.Seal.Sections;
        if (threadCount < 2 || sections.All(s => s.Blocks.Count < 2) || sections.Any(s => s.Length - s.Blocks.Sum(b => b.Length) > BlockSizeMax || s.Blocks.Any(b => b.Length > BlockSizeMax)))
        {
            return null;
        }
        try
        {
            foreach (SectionSeal section in sections)
            {
                long offset = file.HeaderLength + section.Offset;
                using (var records = new CsvRecordReader(ReadBytes(stream, offset, section.Length - section.Blocks.Sum(b => b.Length)).AsMemory()))
                {
                    while (records.TryRead(out string? problem))
                    {
                        if (problem is not null)
                        {
                            throw new FormatException(problem);
                        }
                        loader.Add(records);
                    }
                }
                if (section.Blocks.Count > 0)
                {
                    loader.AddBlocks(section.Blocks.Select(block => ReadBytes(stream, file.HeaderLength + block.Offset, block.Length)), threadCount);
                }
            }
            loader.EndSection();
            return loader.Finish();
        }
        catch (Exception error) when (error is FormatException or DecoderFallbackException or PhantomDbException)
        {
            return null;
        }
    }

    private static ArraySegment<byte> ReadBytes(Stream stream, long offset, long length)
    {
        ArraySegment<byte> bytes = new(ArrayPool<byte>.Shared.Rent((int)length), 0, (int)length);
        stream.Position = offset;
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static LoadedDatabase Load(SectionLoader loader, CsvRecordReader records, Stream stream, string path, bool mayHaveSeal)
    {
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
                    EnsureNoSeal(records, mayHaveSeal);
                    continue;
                }
                loader.Add(records);
            }
            loader.EndSection();
            return loader.Finish();
        }
        catch (FormatException error)
        {
            throw Error.FileFormat(path, error.Message, PlaceOfError(), error);
        }
        catch (DecoderFallbackException error)
        {
            throw Error.FileFormat(path, "its text is not UTF-8", PlaceOfError(), error);
        }
        catch (PhantomDbException error) when (error.Where is null)
        {
            throw Error.InFile(error, PlaceOfError());
        }

        string PlaceOfError() => Place(stream, path, loader.FailedOffset >= 0 ? loader.FailedOffset : records.Offset, loader.Place);
    }

    // A seal's line in a file whose seal is gone from both ends is what is left of a sealed one.
    private static void EnsureNoSeal(CsvRecordReader records, bool mayHaveSeal)
    {
        if (mayHaveSeal)
        {
            return;
        }
        string line = Encoding.UTF8.GetString(records.Raw);
        if (SealMarks.Any(mark => line.Contains(mark, StringComparison.Ordinal))
            || line.StartsWith(FileSeal.EndMark, StringComparison.Ordinal) || line.StartsWith(FileSeal.SectionMark, StringComparison.Ordinal) || FileHeader.IsSealLine(line))
        {
            throw new PhantomDbException(SqlStates.DataCorrupted, "the file has been sealed, and has lost its header and its end");
        }
    }

    private static string Place(Stream stream, string path, long offset, string place)
    {
        long line = SectionScanner.LineAt(stream, offset);
        return string.Create(CultureInfo.InvariantCulture, $"{path}, line {line}, byte offset {offset}{(place.Length > 0 ? ", " : "")}{place}");
    }
}
