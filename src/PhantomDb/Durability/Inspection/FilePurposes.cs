using System.Globalization;
using System.Text;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;
using PhantomDb.Errors;

namespace PhantomDb.Durability.Inspection;

/// <summary>Tells what a database's files are for: which of them recovery needs, what is history, what belongs to nobody.</summary>
internal sealed class FilePurposes(FolderPlan folder)
{
    private const int ReadAtOnceMax = 16 << 20;   // a file of so many bytes is read to its end, also where nothing is verified

    private readonly MendedLogHeaders _mended = new(folder.Files);
    private Dictionary<string, long>? _loads;   // side files that records name, and the LSN of these

    public DatabaseFileReport Describe(DatabaseFileReport file)
    {
        try
        {
            return DescribeReadable(file);
        }
        catch (PhantomDbException error) when (FolderPlan.IsUnreadable(error))
        {
            return file with { Purpose = $"cannot be told: {FolderPlan.ReasonIn(error)}", IsNeeded = true };
        }
    }

    private DatabaseFileReport DescribeReadable(DatabaseFileReport file) => file.Kind switch
    {
        DatabaseFileKind.Database or DatabaseFileKind.Snapshot => DescribeBase(file),
        DatabaseFileKind.LogSegment => DescribeSegment(file),
        DatabaseFileKind.SideFile => DescribeSideFile(file),
        DatabaseFileKind.Seal => file with { Purpose = $"checksums of {Path.GetFileNameWithoutExtension(file.Name)}, which has none inside", IsNeeded = true },
        DatabaseFileKind.Manifest => file with
        {
            Purpose = "a list of the log's segments and pins, and how far the log had reached; rebuilt where it is lost, but for pins", IsNeeded = true,
            LastLsn = folder.Plan?.Manifest?.ReachedLsn, Timeline = folder.Plan?.Manifest?.Timeline,
        },
        DatabaseFileKind.Lock => file with { Purpose = "locked by the process that has the database open; left over, it bothers nobody" },
        DatabaseFileKind.SetAside => file with { Purpose = "bytes that recovery or a repair could not use; read by nothing, never deleted by itself" },
        DatabaseFileKind.Unfinished => DescribeUnfinished(file),
        _ => file,
    };

    private DatabaseFileReport DescribeBase(DatabaseFileReport file)
    {
        if (folder.Plan is null)
        {
            return file with { Purpose = folder.Undecided, IsNeeded = true };
        }
        if (folder.ReasonLeftOut(file.Path) is { } reason)
        {
            return file with { Purpose = LeftOut(file.Path, reason) };
        }
        RecoveryBase found = folder.Plan.Bases.First(b => b.Path == file.Path);
        int place = Array.IndexOf(folder.Bases, found);
        DatabaseFileReport known = found.Header is null ? file : file with { LastLsn = found.Lsn, Timeline = found.Timeline };
        return place switch
        {
            0 or 1 when !MayBeWhole(file) => known with { Purpose = $"differs from its checksums: it was edited, or is damaged; phantomdb verify {folder.Names.DatabaseName} tells which", IsNeeded = true },
            0 => known with { Purpose = "recovery begins with it", IsNeeded = true },
            1 => known with { Purpose = $"serves where {Path.GetFileName(folder.Bases[0].Path)} is damaged", IsNeeded = true },
            > 1 => known with { Purpose = "an older state, for a restore" },
            _ => known with { Purpose = LeftOut(file.Path, folder.Plan.ReasonAgainst(found)) },
        };
    }

    // An edit mostly makes a file longer or shorter, which its seal tells.
    private bool MayBeWhole(DatabaseFileReport file)
    {
        using Stream stream = folder.Files.OpenRead(file.Path);
        if (stream.Length > ReadAtOnceMax)
        {
            return SealedFile.ReadSeal(stream) is not { } seal || !SealedFile.IsSealed(stream)
                || stream.Length - seal.ToText().Length - seal.Length == SealedFile.StartOfSections(stream);
        }
        try
        {
            if (SealedFile.IsSealed(stream))
            {
                SealedFile.Verify(stream, file.Path);
            }
            else
            {
                SealedFile.VerifyBeside(folder.Files, stream, file.Path);
            }
            return true;
        }
        catch (PhantomDbException error) when (error.SqlState == SqlStates.DataCorrupted)
        {
            return false;
        }
    }

    private DatabaseFileReport DescribeSegment(DatabaseFileReport file)
    {
        using Stream stream = folder.Files.OpenRead(file.Path);
        RecoverySegment? segment = folder.Plan?.Segments.FirstOrDefault(s => s.Path == file.Path);
        LogReader reader;
        try
        {
            reader = new LogReader(file.Path, stream, folder.OptionsFor(segment));
        }
        catch (PhantomDbException error) when (error.SqlState == SqlStates.FeatureNotSupported)
        {
            return file with { Purpose = folder.Undecided, IsNeeded = true };
        }
        if (reader.Header is not { } header)
        {
            return DescribeHeadless(file);
        }
        long? last = segment?.Counted is { } counted && !folder.EndsTimeline(segment) ? counted.LastLsn : reader.Seal?.LastLsn ?? FolderPlan.LastOf(reader);
        DatabaseFileReport known = file with { FirstLsn = header.FirstLsn, LastLsn = last >= header.FirstLsn ? last : null, Timeline = header.Timeline };
        if (folder.Plan is null)
        {
            return known with { Purpose = folder.Undecided, IsNeeded = true };
        }
        if (segment is null)
        {
            return known with { Purpose = LeftOut(file.Path, folder.ReasonLeftOut(file.Path)) };
        }
        if (folder.Plan.SegmentsAfter(folder.Bases.FirstOrDefault()).Contains(segment))
        {
            return known with { Purpose = segment.Counted is null ? "the log's newest records" : "recovery applies it", IsNeeded = true };
        }
        return folder.Bases.Length > 1 && folder.Plan.SegmentsAfter(folder.Bases[1]).Contains(segment)
            ? known with { Purpose = $"applied where recovery begins with {Path.GetFileName(folder.Bases[1].Path)}", IsNeeded = true }
            : known with { Purpose = $"history: {Path.GetFileName(folder.Bases[0].Path)} has all of its records" };
    }

    // Opening needs it unless what recovery begins with has all that it may have.
    private DatabaseFileReport DescribeHeadless(DatabaseFileReport file)
    {
        if (folder.Plan is null)
        {
            return file with { Purpose = folder.Undecided, IsNeeded = true };
        }
        if (folder.Plan.HeadlessSegments.FirstOrDefault(s => s.Path == file.Path) is not { } headless)
        {
            return file with { Purpose = $"left out: {folder.ReasonLeftOut(file.Path)}" };
        }
        using Stream stream = _mended.OpenRead(file.Path);
        var reader = new LogReader(file.Path, stream);
        long? last = reader.Header is null ? folder.Plan.Segments.FirstOrDefault(s => s.Header.FirstLsn > headless.FirstLsn)?.Header.FirstLsn - 1 : FolderPlan.LastOf(reader);
        DatabaseFileReport known = reader.Header is { } header ? file with { FirstLsn = header.FirstLsn, LastLsn = last >= header.FirstLsn ? last : null, Timeline = header.Timeline } : file;
        bool isNeeded = folder.Bases.Length == 0 || !(last <= folder.Bases[0].Lsn);
        return known with
        {
            IsNeeded = isNeeded,
            Purpose = $"its header is damaged{(isNeeded ? reader.Header is null ? "" : ": repair saves what it has" : $"; {Path.GetFileName(folder.Bases[0].Path)} has all of its records")}",
        };
    }

    private DatabaseFileReport DescribeSideFile(DatabaseFileReport file)
    {
        if (folder.Plan is null)
        {
            return file with { Purpose = folder.Undecided, IsNeeded = true };
        }
        _loads ??= (folder.Plan.Manifest?.Rows ?? []).Where(row => row.Kind == LogManifest.Load).ToDictionary(row => row.Name, row => row.FirstLsn);
        if (!_loads.ContainsKey(file.Name))
        {
            AddLoadsOfLog(folder.Plan, _loads);
        }
        if (!_loads.TryGetValue(file.Name, out long lsn))
        {
            RecoveryPlan? older = folder.Older.FirstOrDefault(plan => AddLoadsOfLog(plan, []).ContainsKey(file.Name));
            folder.UncommittedLoads.UnionWith(older is null ? [file.Name] : []);
            return file with { Purpose = older is null ? "rows of a bulk load that was not committed; deleted when the log is next written to" : $"rows of a bulk load{ForRestore(older.WantedTimeline)}" };
        }
        long needed = folder.Bases.Length > 1 ? folder.Bases[1].Lsn : folder.Bases.Length > 0 ? folder.Bases[0].Lsn : 0;
        return file with
        {
            FirstLsn = lsn, LastLsn = lsn, IsNeeded = lsn > needed,
            Purpose = string.Create(CultureInfo.InvariantCulture, $"rows of a bulk load, the record at LSN {lsn}{(lsn > needed ? "" : "; kept with its segment")}"),
        };
    }

    // The manifest is a hint.
    private Dictionary<string, long> AddLoadsOfLog(RecoveryPlan plan, Dictionary<string, long> loads)
    {
        foreach (RecoverySegment segment in plan.Segments)
        {
            using Stream stream = folder.Files.OpenRead(segment.Path);
            var reader = new LogReader(segment.Path, stream, folder.OptionsFor(segment));
            while (reader.Read())
            {
                if (reader.Operation == LogOperation.Load && reader.Count > 0)
                {
                    loads.TryAdd(Encoding.UTF8.GetString(reader.Value(0)), reader.Line.Lsn);
                }
            }
        }
        return loads;
    }

    private DatabaseFileReport DescribeUnfinished(DatabaseFileReport file)
    {
        // Between two renames of an unsealed save the seal that fits has this name.
        bool isSealInUse = file.Path == DatabaseFileWriter.NewSealPath(folder.DatabasePath) && folder.Files.Exists(folder.DatabasePath) && IsFitting(file.Path);
        return isSealInUse
            ? file with { Purpose = $"checksums of {Path.GetFileName(folder.DatabasePath)}; the next save gives them their name", IsNeeded = true }
            : file with { Purpose = $"{(folder.IsLocked ? "just being written by who has the database open; or " : "")}left by a write that was interrupted; the next one writes over it" };
    }

    private bool IsFitting(string sealPath)
    {
        using Stream stream = folder.Files.OpenRead(folder.DatabasePath);
        return !SealedFile.IsSealed(stream) && SealedFile.IsSealFitting(folder.Files, sealPath, stream);
    }

    private string LeftOut(string path, string? reason) => $"left out: {reason ?? "it belongs to no history"}{ForRestore(RestoredTimeline(path))}";

    private static string ForRestore(int? timeline) => timeline is null ? "" : string.Create(CultureInfo.InvariantCulture, $"; for a restore to timeline {timeline} (--to t{timeline}:LSN)");

    // The older timeline that the file leads to, where there is something to begin it with.
    private int? RestoredTimeline(string path) =>
        folder.Older.Find(plan => plan.Segments.Any(s => s.Path == path) ? plan.IsFromNothing || plan.Bases.Any(b => plan.ReasonAgainst(b) is null)
            : plan.Bases.Any(b => b.Path == path && b.Timeline == plan.WantedTimeline && plan.ReasonAgainst(b) is null))?.WantedTimeline;
}
