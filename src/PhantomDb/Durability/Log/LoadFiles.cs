using System.Text;
using PhantomDb.Catalog;
using PhantomDb.Errors;

namespace PhantomDb.Durability.Log;

/// <summary>
/// The side files of one log: made by sessions before their commit is queued, named by a LOAD record, deleted with the segment that has that
/// record. One that nothing names is of a transaction that did not commit, and goes. For any thread.
/// </summary>
internal sealed class LoadFiles(IFileSystem disk, LogStart start, TransactionLogOptions options, TimeProvider clock, FileWatch watch, Func<long> lastLsn, Func<long, SegmentHistory> historyOf)
{
    private const int ScanBufferSize = 1 << 20;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _known = start.Loads.ToDictionary(load => load.FileName, load => load.Lsn);   // the record's LSN; 0: none yet
    private DateTime _lastName;

    /// <summary>From so many new rows of one table on they go into a side file at once.</summary>
    public int RowCountMin => options.LoadRowCount;

    /// <summary>From so many bytes of such records on.</summary>
    public int ByteCountMin => options.LoadBytes;

    /// <summary>Those that records name, as far as that is known without reading them.</summary>
    public IReadOnlyList<LogLoad> Named
    {
        get
        {
            lock (_gate)
            {
                return [.. _known.Where(load => load.Value > 0).Select(load => new LogLoad(load.Key, load.Value)).OrderBy(load => load.Lsn)];
            }
        }
    }

    /// <summary>Bytes of each of them, with the LSN of its record.</summary>
    public IReadOnlyList<(long Lsn, long Bytes)> Sizes() =>
        [.. Named.Where(load => disk.Exists(PathOf(load.FileName))).Select(load => (load.Lsn, disk.Length(PathOf(load.FileName))))];

    /// <summary>Begins a side file with rows of a table.</summary>
    public LoadFileWriter Create(TableDefinition table)
    {
        (string fileName, FileHeader header) = NewFile();
        try
        {
            IWritableFile file = disk.Create(PathOf(fileName));
            try
            {
                return new LoadFileWriter(this, fileName, file, header, table);
            }
            catch
            {
                file.Dispose();
                throw;
            }
        }
        catch
        {
            Discard(fileName);
            throw;
        }
    }

    /// <summary>Writes a whole database to a side file, and reads it back; when this returns it is on the disk.</summary>
    public LoadFile Write(DatabaseContent content)
    {
        (string fileName, FileHeader header) = NewFile();
        try
        {
            FileSeal seal = DatabaseFileWriter.WriteNew(content, header, disk, PathOf(fileName));
            FlushFolder();
            return new LoadFile(fileName, seal.RowCount, seal.Crc) { ByteCount = seal.Length };
        }
        catch
        {
            Discard(fileName);
            throw;
        }
    }

    /// <summary>The record that names a file has its place in the log.</summary>
    public void SetNamed(string fileName, long lsn)
    {
        lock (_gate)
        {
            _known[fileName] = lsn;
        }
        watch.Add(PathOf(fileName), lsn);
    }

    /// <summary>Removes a file that no record names. That it cannot be removed harms nothing: it goes when the database is opened again.</summary>
    public void Discard(string fileName)
    {
        try
        {
            disk.Delete(PathOf(fileName));
            lock (_gate)
            {
                _known.Remove(fileName);
            }
        }
        catch (PhantomDbException)
        {
        }
    }

    /// <summary>Throws where what stands in a side file is not what was written.</summary>
    public void EnsureWritten(string fileName, FileSeal seal)
    {
        using Stream stream = disk.OpenRead(PathOf(fileName));
        if (SealedFile.Verify(stream, PathOf(fileName)).Seal.ToText() != seal.ToText())
        {
            throw Errors.Error.FileDamaged(PathOf(fileName), "what was read back is not what was written", PathOf(fileName), null, null);
        }
    }

    public void FlushFolder() => disk.FlushFolder(start.Folder);

    /// <summary>The side files that the records of a segment name. It is read only where there is a file of which it is not known what names it.</summary>
    public IReadOnlyCollection<string> NamesIn(LogSegmentFile segment)
    {
        List<string> files = Files();
        lock (_gate)
        {
            if (files.TrueForAll(file => _known.TryGetValue(file, out long lsn) && lsn > 0))
            {
                return [.. files.Where(file => segment.FirstLsn <= _known[file] && _known[file] <= segment.LastLsn)];
            }
        }
        HashSet<string> names = [.. Named.Where(load => segment.FirstLsn <= load.Lsn && load.Lsn <= segment.LastLsn).Select(load => load.FileName)];
        string path = PathOf(segment.FileName);
        using Stream stream = disk.OpenRead(path);
        var reader = new LogReader(path, stream, new LogReaderOptions { Counted = new LogPredecessor(segment.Salt, segment.LastLsn, segment.Length) });
        while (reader.Read())
        {
            if (reader.Operation == LogOperation.Load && reader.Count > 0)
            {
                names.Add(Encoding.UTF8.GetString(reader.Value(0)));
            }
        }
        return names;
    }

    /// <summary>Deletes side files whose records have gone with their segment.</summary>
    public void Delete(IEnumerable<string> fileNames)
    {
        foreach (string fileName in fileNames)
        {
            if (LoadFileName.IsOf(start.DatabaseName, fileName))   // a name of another kind is nothing that was written here
            {
                watch.Remove(PathOf(fileName));
                disk.Delete(PathOf(fileName));
            }
            lock (_gate)
            {
                _known.Remove(fileName);
            }
        }
    }

    /// <summary>
    /// Deletes the side files that no file of the log names, not even bytes that were set aside: their transactions did not commit. One that may be of a part of the
    /// log which is missing stays; one of a timeline that a restore has ended goes with the last file of the log that names it. Reads the log only where there is one that recovery has not met.
    /// </summary>
    public void DeleteOrphans()
    {
        List<string> unknown = Files();
        lock (_gate)
        {
            unknown.RemoveAll(_known.ContainsKey);   // begun after the list was made are in it
        }
        unknown.RemoveAll(file => !IsBehindStart(PathOf(file)));
        foreach (string file in disk.List(start.Folder).Select(file => Path.GetFileName(file)!))
        {
            if (unknown.Count > 0 && IsOfLog(file))
            {
                RemoveNamed(unknown, PathOf(file));
            }
        }
        foreach (string fileName in unknown)
        {
            disk.Delete(PathOf(fileName));
        }
    }

    private string PathOf(string fileName) => Path.Combine(start.Folder, fileName);

    private List<string> Files() =>
        disk.FolderExists(start.Folder) ? [.. disk.List(start.Folder).Select(file => Path.GetFileName(file)!).Where(file => LoadFileName.IsOf(start.DatabaseName, file))] : [];

    // Its record is a later one than its header says: where all of these are there, one of them names it or none ever did. Of a timeline that a restore has ended, where the log
    // has all that both have, only what was behind the end can be gone.
    private bool IsBehindStart(string path)
    {
        using Stream stream = disk.OpenRead(path);
        return SealedFile.ReadHeader(stream) is { } header
            ? header.Id == start.Id && (header.Timeline == start.Timeline ? header.Lsn >= start.WholeFrom - 1 && IsOurs(header) : header.Timeline < start.Timeline && HasAllBehind(header.Lsn))
            : stream.Length == 0 || start.WholeFrom == 1;
    }

    // Where the log began anew beside the files of another copy, the same LSNs are those of both: the segment that the file was begun behind has to be there.
    private bool IsOurs(FileHeader header) =>
        header.History.Last is { } last ? start.Segments.Any(segment => segment.Salt == last.Salt) : start.Segments is [var first, ..] ? first.FirstLsn == 1 : !start.IsBehindFile;

    private bool HasAllBehind(long lsn) => start is { Predecessor: not null, Segments: [var first, ..] } && first.FirstLsn <= lsn + 1
        && start.Segments.Zip(start.Segments.Skip(1)).All(pair => !pair.Second.IsFirst && pair.Second.FirstLsn == pair.First.LastLsn + 1);

    // Segments, and what recovery has set aside of them.
    private bool IsOfLog(string file) =>
        file.StartsWith(LogSegmentName.Active(start.DatabaseName), StringComparison.Ordinal) || file.StartsWith(start.DatabaseName + "_log_", StringComparison.Ordinal);

    private (string FileName, FileHeader Header) NewFile()
    {
        lock (_gate)
        {
            DateTime now = clock.GetUtcNow().UtcDateTime;
            now = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
            _lastName = now > _lastName ? now : _lastName.AddTicks(TimeSpan.TicksPerMicrosecond);
            var name = new LoadFileName(start.DatabaseName, _lastName);
            while (disk.Exists(PathOf(name.ToString())))
            {
                name = name with { Number = name.Number + 1 };
            }
            _known.Add(name.ToString(), 0);
            long lsn = lastLsn();
            return (name.ToString(), new FileHeader(start.DatabaseName, _lastName, start.Id, start.Timeline, lsn) { History = historyOf(lsn) });
        }
    }

    // By any byte: what is damaged may be repaired one day.
    private void RemoveNamed(List<string> fileNames, string path)
    {
        byte[][] names = [.. fileNames.Select(Encoding.UTF8.GetBytes)];
        int overlap = names.Max(name => name.Length) - 1;
        byte[] buffer = new byte[ScanBufferSize];
        int kept = 0;
        using Stream stream = disk.OpenRead(path);
        while (fileNames.Count > 0 && stream.Read(buffer, kept, buffer.Length - kept) is > 0 and int read)
        {
            ReadOnlySpan<byte> bytes = buffer.AsSpan(0, kept + read);
            for (int i = fileNames.Count - 1; i >= 0; i--)
            {
                if (bytes.IndexOf(Encoding.UTF8.GetBytes(fileNames[i])) >= 0)
                {
                    fileNames.RemoveAt(i);
                }
            }
            kept = Math.Min(overlap, bytes.Length);
            bytes[^kept..].CopyTo(buffer);
        }
    }
}
