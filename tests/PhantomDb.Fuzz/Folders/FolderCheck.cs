using PhantomDb.Durability;
using PhantomDb.Durability.Recovery;
using PhantomDb.Fuzz.Crash;
using PhantomDb.Vectors;

namespace PhantomDb.Fuzz.Folders;

/// <summary>
/// Recovers a damaged copy of a <see cref="SampleFolder"/>, and says whether what came out can be: a state of the true history, with all
/// that undamaged bytes prove to have been durable, and with the loss told where there is one; or a refusal that names a place.
/// </summary>
internal sealed class FolderCheck(SampleFolder sample)
{
    private const long MemoryLimit = 64L << 20;
    private const long AllocatedMax = 64L << 20;

    private readonly SortedDictionary<string, int> _outcomes = new(StringComparer.Ordinal);

    public int Count { get; private set; }

    /// <summary>How the folders ended, to see that they were not all of one kind.</summary>
    public IReadOnlyDictionary<string, int> Outcomes => _outcomes;

    /// <summary>What is wrong; null where nothing is.</summary>
    /// <param name="mayBeForged">True where checksums were made to fit: then what is read may be another history, and only the manner of it is looked at.</param>
    public string? Check(IReadOnlyDictionary<string, byte[]> files, bool mayBeForged = false)
    {
        Count++;
        SimulatedDisk disk = DiskOf(files);
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            RecoveredDatabase recovered = Recover(disk);
            RecoveryReport report = recovered.Report;
            Note(report.VerdictText);
            string? problem = mayBeForged ? null : Problem(files, recovered);
            return problem ?? (report.Verdict == RecoveryVerdict.Clean ? null : CheckAgain(disk, recovered)) ?? Allocated(before);
        }
        catch (PhantomDbException error)
        {
            Note(error.SqlState);
            string text = $"{error.SqlState} {error.Message} ({error.Where})";
            bool isNamed = files.Keys.Concat(sample.Files.Keys).Any(path => error.Where?.Contains(path, StringComparison.Ordinal) == true || error.Message.Contains(path, StringComparison.Ordinal))
                || error.Where?.Contains(SampleFolder.DatabasePath, StringComparison.Ordinal) == true
                || (mayBeForged && error.Where?.StartsWith(SampleFolder.Folder + "/", StringComparison.Ordinal) == true);   // a file that a forged manifest has
            return error.SqlState.Length != 5 || error.SqlState is "XX000" or "53200" ? $"{text}\n{error.StackTrace}"
                : !isNamed ? $"the refusal names no file: {text}"
                : IsAsItWas(files) ? $"a folder that is as it was is refused: {text}"
                : Allocated(before);
        }
        catch (Exception error)
        {
            Note(error.GetType().Name);
            return $"{error.GetType().Name}: {error.Message}\n{error.StackTrace}";
        }
    }

    private string? Problem(IReadOnlyDictionary<string, byte[]> files, RecoveredDatabase recovered)
    {
        RecoveryReport report = recovered.Report;
        if (sample.ContentAt(report.LastLsn) is not { } content)
        {
            return $"LSN {report.LastLsn} is recovered, where no transaction ended";
        }
        if (content != SampleFolder.ContentOf(recovered.Database.Catalog, recovered.Database.Storage) && !(content.Length == 0 && report.LastLsn == 0))
        {
            return $"{report.VerdictText}, LSN {report.LastLsn}: the content is not what the database had then";
        }
        if (report.LastLsn == 0 && recovered.Database.Catalog.Tables.Any())
        {
            return "LSN 0 has tables";
        }
        long durable = DurableLsn(files);
        if (report.LastLsn < durable)
        {
            return $"{report.VerdictText}, LSN {report.LastLsn}: the undamaged bytes prove that LSN {durable} was on the disk";
        }
        return report.LastLsn < sample.LastLsn && report.Verdict == RecoveryVerdict.Clean && !IsUnknowable(files)
            ? $"LSN {report.LastLsn} is recovered of {sample.LastLsn}, and the report says that nothing is lost" : null;
    }

    /// <summary>What any undamaged part of the folder proves to have been on the disk.</summary>
    private long DurableLsn(IReadOnlyDictionary<string, byte[]> files)
    {
        long lsn = sample.Evidence.Max(segment => segment.DurableLsn(files.GetValueOrDefault(segment.Path)));
        lsn = Math.Max(lsn, IsAsItWas(files, SampleFolder.DatabasePath) ? sample.DatabaseLsn : 0);
        bool hasManifest = IsAsItWas(files, SampleFolder.ManifestPath);
        return hasManifest && sample.End != SampleEnd.Killed ? Math.Max(lsn, sample.LastLsn) : lsn;
    }

    // A killed process leaves nothing that tells a log whose last lines are gone from one that was never longer, or never begun.
    private bool IsUnknowable(IReadOnlyDictionary<string, byte[]> files)
    {
        byte[] whole = FolderDamage.WithoutReserve(sample.Files[SampleFolder.ActivePath]), now = FolderDamage.WithoutReserve(files.GetValueOrDefault(SampleFolder.ActivePath, []));
        bool isTold = sample.End != SampleEnd.Killed && IsAsItWas(files, SampleFolder.ManifestPath);
        bool isWithoutEnd = now.Length < whole.Length && whole.AsSpan().StartsWith(now);
        bool isAsBeforeItsName = files.Concat(sample.Files).Any(file => file.Key != SampleFolder.ActivePath && FolderDamage.WithoutReserve(file.Value).AsSpan().SequenceEqual(now));
        return !isTold && (isWithoutEnd || isAsBeforeItsName);
    }

    private string? CheckAgain(SimulatedDisk disk, RecoveredDatabase first)
    {
        RecoveredDatabase second = Recover(disk);
        return second.Report.LastLsn == first.Report.LastLsn
            && SampleFolder.ContentOf(first.Database.Catalog, first.Database.Storage) == SampleFolder.ContentOf(second.Database.Catalog, second.Database.Storage)
            ? null : $"a second recovery finds LSN {second.Report.LastLsn}, the first had found {first.Report.LastLsn}, or another content";
    }

    private static string? Allocated(long before) => GC.GetAllocatedBytesForCurrentThread() - before is > AllocatedMax and var bytes
        ? $"{bytes} bytes were allocated" : null;

    private bool IsAsItWas(IReadOnlyDictionary<string, byte[]> files) => files.Count == sample.Files.Count && sample.Files.Keys.All(path => IsAsItWas(files, path));

    private bool IsAsItWas(IReadOnlyDictionary<string, byte[]> files, string path) =>
        files.TryGetValue(path, out byte[]? now) && sample.Files.TryGetValue(path, out byte[]? was) && now.AsSpan().SequenceEqual(was);

    private static RecoveredDatabase Recover(SimulatedDisk disk) =>
        DatabaseRecovery.Run(SampleFolder.DatabasePath, new LoadTarget(new MemoryAccount("database", MemoryLimit)), disk);

    private static SimulatedDisk DiskOf(IReadOnlyDictionary<string, byte[]> files)
    {
        var disk = new SimulatedDisk();
        foreach ((string path, byte[] bytes) in files)
        {
            disk.Put(path, bytes);
        }
        return disk;
    }

    private void Note(string outcome) => _outcomes[outcome] = _outcomes.GetValueOrDefault(outcome) + 1;
}
