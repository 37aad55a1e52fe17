using System.Globalization;
using PhantomDb.Durability.Log;

namespace PhantomDb.Durability.Recovery;

/// <summary>
/// Puts what recovery could not use out of the way, under names that tell what it is and where it stood. Nothing is deleted. Each step can be
/// done again after a crash in it, and gives the same names.
/// </summary>
internal sealed class FilesSetAside(IFileSystem files)
{
    public const string Torn = "torn";
    public const string Bad = "bad";

    /// <summary>Bytes that were set aside so far.</summary>
    public long ByteCount { get; private set; }

    /// <summary>All that a recovery did not use; gives the number of bytes.</summary>
    public long Run(RecoveryPlan plan, BaseChoice choice, LogReplay replay, RecoveryFindings findings)
    {
        foreach (string unbegun in plan.UnbegunSegments)
        {
            Unbegun(unbegun);
            findings.Note(RecoveryVerdict.Torn, $"the segment was never begun ({unbegun})");
        }
        if (replay.Cut is { } cut && cut.FileLength > cut.End.Offset)
        {
            EndOf(cut, findings.Verdict == RecoveryVerdict.Torn ? Torn : Bad);
        }
        else if (plan.ActiveSegment is { } written)
        {
            ReserveOf(written.Path);
        }
        if (plan.ActiveSegment is { } active && (replay.Segments.Count == 0 || replay.Segments[^1].Path != active.Path) && !replay.Lost.Any(s => s.Path == active.Path))
        {
            // The log goes on under its name: it keeps another, as a sealed one has.
            replay.Rename(active.Path, Active(active.Path, new LogSegmentName(plan.DatabaseName, files.WrittenAt(active.Path), active.Header.FirstLsn)));
        }
        foreach (string headless in plan.HeadlessSegments.Select(s => s.Path).Where(path => Path.GetFileName(path) == LogSegmentName.Active(plan.DatabaseName)))
        {
            long firstLsn = replay.Segments.Count > 0 ? replay.Segments[^1].LastLsn + 1 : 1;
            findings.Kept(headless, Active(headless, new LogSegmentName(plan.DatabaseName, files.WrittenAt(headless), firstLsn)));
        }
        foreach (RecoverySegment lost in replay.Lost)
        {
            Whole(lost.Path, lost.Header.FirstLsn);
        }
        foreach (RecoveryBase file in choice.Damaged)
        {
            findings.Kept(file.Path, Whole(file.Path, file.Lsn));
        }
        return ByteCount;
    }

    /// <summary>A file that has no more than the start of a segment's header.</summary>
    public void Unbegun(string path)
    {
        long length = files.Length(path);
        ByteCount += length;
        files.Rename(path, $"{path}.{Torn}_0_{length.ToString(CultureInfo.InvariantCulture)}");
        FlushFolderOf(path);
    }

    /// <summary>The end of a segment. First a copy that is on the disk, then the cut.</summary>
    public void EndOf(LogSegmentReport cut, string kind)
    {
        string aside = string.Create(CultureInfo.InvariantCulture, $"{cut.Path}.{kind}_{cut.End.Lsn}_{cut.FileLength - cut.End.Offset}");
        FileCopy.Copy(files, cut.Path, aside, cut.End.Offset, cut.FileLength);
        FlushFolderOf(aside);
        using IWritableFile file = files.OpenWrite(cut.Path);
        file.TruncateTo(cut.End.Offset);
        file.Flush();
        ByteCount += cut.FileLength - cut.End.Offset;
    }

    /// <summary>Cuts off what was reserved behind the last line of a segment.</summary>
    public void ReserveOf(string path)
    {
        long length;
        using (Stream stream = files.OpenRead(path))
        {
            length = LogReserve.LengthWithout(stream);
            if (length == stream.Length)
            {
                return;
            }
        }
        using IWritableFile file = files.OpenWrite(path);
        file.TruncateTo(length);
        file.Flush();
    }

    /// <summary>A segment under the name of the one that is written to gets one of its own; gives that.</summary>
    public string Active(string path, LogSegmentName name)
    {
        string folder = Path.GetDirectoryName(path)!;
        while (files.Exists(Path.Combine(folder, name.ToString())))
        {
            name = name with { Number = name.Number + 1 };
        }
        string named = Path.Combine(folder, name.ToString());
        files.Rename(path, named);
        files.FlushFolder(folder);
        return named;
    }

    /// <summary>A whole file, and its seal where that stands beside it; gives its new name.</summary>
    public string Whole(string path, long lsn)
    {
        string aside = string.Create(CultureInfo.InvariantCulture, $"{path}.{Bad}_{lsn}"), free = aside;
        for (int number = 2; files.Exists(free); number++)
        {
            free = string.Create(CultureInfo.InvariantCulture, $"{aside}_{number}");
        }
        ByteCount += files.Length(path);
        files.Rename(path, free);
        FlushFolderOf(path);
        foreach (string seal in new[] { DatabaseFileWriter.SealPath(path), DatabaseFileWriter.NewSealPath(path) })
        {
            if (files.Exists(seal))
            {
                files.Rename(seal, free + seal[path.Length..]);
                FlushFolderOf(path);
            }
        }
        return free;
    }

    private void FlushFolderOf(string path) => files.FlushFolder(Path.GetDirectoryName(path)!);
}
