using System.Globalization;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;
using PhantomDb.Errors;

namespace PhantomDb.Durability.Inspection;

/// <summary>Tells whether a database's files are as they were written, all of their bytes.</summary>
internal sealed class FileVerifier(FolderPlan folder)
{
    private const int AttemptsMax = 20;      // where a line is just being written
    private const int WriterPauseMs = 20;

    private readonly MendedLogHeaders _mended = new(folder.Files);

    public DatabaseFileReport Verify(DatabaseFileReport file)
    {
        try
        {
            return file.Kind switch
            {
                DatabaseFileKind.Database or DatabaseFileKind.Snapshot => VerifyBase(file),
                DatabaseFileKind.LogSegment => VerifySegment(file),
                DatabaseFileKind.Manifest => VerifyManifest(file),
                DatabaseFileKind.SideFile => VerifySideFile(file),
                DatabaseFileKind.Seal => SealedFile.ReadBeside(folder.Files, file.Path) switch
                {
                    ({ IsOfKnownVersion: false } header, _) => throw Error.FileVersion(file.Path, header.Version),
                    (not null, not null) => file with { Verdict = FileVerdict.Clean },
                    _ => file with { Verdict = FileVerdict.Damaged, Problem = "the seal does not match its own checksum" },
                },
                _ => file,
            };
        }
        catch (PhantomDbException error) when (FolderPlan.IsUnreadable(error))
        {
            return file with { Problem = FolderPlan.ReasonIn(error) };
        }
        catch (PhantomDbException error) when (error.SqlState != SqlStates.UndefinedFile)
        {
            return Damaged(file, error);
        }
    }

    /// <summary>The verdict that an error about a file is.</summary>
    public static DatabaseFileReport Damaged(DatabaseFileReport file, PhantomDbException error) => file with
    {
        Verdict = error.SqlState == SqlStates.FeatureNotSupported ? FileVerdict.UnknownVersion : FileVerdict.Damaged,
        Problem = error.Message.Replace($"file \"{file.Path}\" ", "", StringComparison.Ordinal) + (error.Detail is null ? "" : $" ({error.Detail.TrimEnd('.')})"),
        Place = error.Where?.Replace($"{file.Path}, ", "", StringComparison.Ordinal) is { } place && place != file.Path ? place : null,
    };

    /// <summary>The highest LSN of whole transactions of a segment, those behind a bad line too; 0 where there are none.</summary>
    public static long LastLsnBehindDamage(IFileSystem files, string segmentPath)
    {
        using Stream stream = files.OpenRead(segmentPath);
        var reader = new LogReader(segmentPath, stream);
        while (reader.Read())
        {
        }
        return Math.Max(reader.Report.LastLsnBehind, reader.Report.End.Lsn - 1);
    }

    /// <summary>True for a segment that has all that it says it has, whatever its neighbours say.</summary>
    public static bool IsWholeSegment(IFileSystem files, string path)
    {
        using Stream stream = files.OpenRead(path);
        var reader = new LogReader(path, stream);
        while (reader.Read())
        {
        }
        return reader.Report.Verdict == LogVerdict.Clean;
    }

    private DatabaseFileReport VerifyBase(DatabaseFileReport file)
    {
        using Stream stream = folder.Files.OpenRead(file.Path);
        if (SealedFile.IsSealed(stream))
        {
            SealedFile.Verify(stream, file.Path);
        }
        else if (SealedFile.VerifyBeside(folder.Files, stream, file.Path) is null)
        {
            DatabaseFileReader.Read(file.Path, LoadTarget.New, folder.Files);   // nothing but its own text tells
        }
        return folder.ReasonLeftOut(file.Path) is { } reason ? file with { Verdict = FileVerdict.Foreign, Problem = reason } : file with { Verdict = FileVerdict.Clean };
    }

    private DatabaseFileReport VerifySegment(DatabaseFileReport file)
    {
        RecoverySegment? segment = folder.Plan?.Segments.FirstOrDefault(s => s.Path == file.Path);
        LogSegmentReport report = ReadSegment(file.Path, folder.OptionsFor(segment));
        bool isWritten = segment?.Counted is null && folder.IsLocked;
        for (int attempt = 1; isWritten && attempt < AttemptsMax && report.Verdict != LogVerdict.Clean && report.Header is not null; attempt++)
        {
            // A writer may be in the middle of the line: then there will be more.
            Thread.Sleep(WriterPauseMs);
            LogSegmentReport again = ReadSegment(file.Path, folder.OptionsFor(segment) with { From = report.End });
            if (again.End.Lsn > report.End.Lsn)
            {
                return file with { Verdict = FileVerdict.Clean, LastLsn = again.End.Lsn - 1, ByteCount = again.FileLength };
            }
        }
        DatabaseFileReport found = report.End.Lsn - 1 >= file.FirstLsn ? file with { LastLsn = report.End.Lsn - 1 } : file;
        if (report.IsShort && folder.Plan!.MissingEnd(folder.Names.Folder, report.End.Lsn) is { } missing)
        {
            string where = folder.Plan.HeadlessEnd is { } headless ? $"is in a segment with a damaged header: {Path.GetFileName(headless.Path)}" : $"is missing: {Path.GetFileName(missing)}";
            return found with
            {
                Verdict = FileVerdict.Clean,
                Problem = string.Create(CultureInfo.InvariantCulture, $"the log from LSN {report.End.Lsn} to {folder.Plan.ReachedLsn}, behind it, {where}"),
            };
        }
        if (report.Verdict != LogVerdict.Clean)
        {
            LogFault fault = report.Fault!;
            string behind = report.Header is null ? BehindHeader(file) : report.TransactionsBehind > 0
                ? string.Create(CultureInfo.InvariantCulture, $"; whole transactions behind it: {report.TransactionsBehind}, up to LSN {report.LastLsnBehind}") : "";
            return found with
            {
                Verdict = report.Verdict switch
                {
                    LogVerdict.Torn when report.Header is null && folder.Plan?.UnbegunSegments.Contains(file.Path) != true => FileVerdict.Damaged,
                    LogVerdict.Torn => FileVerdict.Torn, LogVerdict.Doubtful => FileVerdict.Doubtful, _ => FileVerdict.Damaged,
                },
                Problem = fault.Reason + (report.Proof is null ? "" : $" ({report.Proof})") + behind,
                Place = string.Create(CultureInfo.InvariantCulture, $"line {fault.Line}, byte offset {fault.Offset}{(report.Header is null ? ", header" : $", LSN {fault.ExpectedLsn}")}"),
            };
        }
        if (report.IgnoredBytes > 0)
        {
            found = found with { Problem = string.Create(CultureInfo.InvariantCulture, $"{report.IgnoredBytes} bytes behind its last record do not count") };
        }
        if (folder.Plan?.Holes.FirstOrDefault(h => h.NextLsn == report.Header?.FirstLsn) is { LastLsn: > 0 } hole)
        {
            found = found with { Problem = Error.LogHoleText(hole.FirstLsn, hole.LastLsn) };
        }
        return report.Header is { } header && folder.Plan is not null && header.Id != folder.Plan.Id
            ? found with { Verdict = FileVerdict.Foreign, Problem = folder.ReasonLeftOut(file.Path) } : found with { Verdict = FileVerdict.Clean };
    }

    private string BehindHeader(DatabaseFileReport file)
    {
        using Stream stream = _mended.OpenRead(file.Path);
        var reader = new LogReader(file.Path, stream);
        while (reader.Read())
        {
        }
        return reader.Header is null ? "" : string.Create(CultureInfo.InvariantCulture,
            $"; whole transactions behind it: {reader.Report.TransactionCount + reader.Report.TransactionsBehind}, up to LSN {Math.Max(reader.Report.End.Lsn - 1, reader.Report.LastLsnBehind)}");
    }

    private DatabaseFileReport VerifySideFile(DatabaseFileReport file)
    {
        using Stream stream = folder.Files.OpenRead(file.Path);
        SealedFile proved;
        try
        {
            proved = SealedFile.Verify(stream, file.Path);
        }
        catch (PhantomDbException error) when (error.SqlState == SqlStates.DataCorrupted && folder.UncommittedLoads.Contains(file.Name))
        {
            return file;   // it is just being written, or its process ended meanwhile: nobody misses its rows
        }
        return folder.Plan is not null && proved.Header.Id != folder.Plan.Id
            ? file with { Verdict = FileVerdict.Foreign, Problem = $"it is another database's, with the id {proved.Header.Id:n}" } : file with { Verdict = FileVerdict.Clean };
    }

    private DatabaseFileReport VerifyManifest(DatabaseFileReport file)
    {
        return LogManifest.Read(file.Path, folder.Files, out string? later) switch
        {
            _ when later is not null => throw Error.FileVersion(file.Path, later),
            null => file with { Verdict = FileVerdict.Damaged, Problem = "it does not match its checksum; opening the database writes another, without pins" },
            { } manifest when folder.Plan is not null && folder.Plan.Id != Guid.Empty && manifest.Id != folder.Plan.Id => file with { Verdict = FileVerdict.Foreign, Problem = $"it is another database's, with the id {manifest.Id:n}" },
            { } manifest when folder.Plan is { FilesTimeline: > 0 } plan && plan.ManifestAfter(plan.FilesTimeline) is not null => file with
            {
                Verdict = FileVerdict.Doubtful,
                Problem = string.Create(CultureInfo.InvariantCulture, $"it is of timeline {manifest.Timeline}, and no other file is of a later one than {plan.FilesTimeline}: what began timeline {manifest.Timeline} is missing"),
            },
            _ => file with { Verdict = FileVerdict.Clean },
        };
    }

    private LogSegmentReport ReadSegment(string path, LogReaderOptions options)
    {
        using Stream stream = folder.Files.OpenRead(path);
        var reader = new LogReader(path, stream, options);
        while (reader.Read())
        {
        }
        return reader.Report;
    }
}
