using PhantomDb.Catalog;
using PhantomDb.Durability;
using PhantomDb.Durability.Inspection;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;
using PhantomDb.Errors;
using PhantomDb.Storage;

namespace PhantomDb;

/// <summary>
/// A database file that was edited by hand: reads it without its checksums, holds it against types and constraints, finds what differs from
/// before, and seals it as a new timeline. What the log has of later records would be lost or mixed with the edit: then it refuses.
/// </summary>
internal sealed class FileAcceptance
{
    private readonly string _path;
    private readonly DatabaseOptions _options;
    private readonly bool _isNothingEmptyText;
    private readonly IFileSystem _files;
    private readonly bool _isSealBeside;

    private FileAcceptance(string path, DatabaseOptions options, bool isNothingEmptyText)
    {
        _path = path;
        _options = options;
        _isNothingEmptyText = isNothingEmptyText;
        _files = options.FileSystem;
        _isSealBeside = _files.Exists(DatabaseFileWriter.SealPath(path));
    }

    /// <summary>The content of an edited file; throws where it cannot be read, or breaks a constraint.</summary>
    public static LoadedDatabase Read(string path, DatabaseOptions options, bool isNothingEmptyText = false)
    {
        LoadedDatabase loaded = DatabaseFileReader.ReadEdited(path, LoadTarget.New, options.FileSystem, isNothingEmptyText);
        loaded = FileIndexes.Build(loaded, path, options);
        FileContentCheck.Run(loaded, path, options);
        return loaded;
    }

    /// <summary>True for a file that can be read and keeps its constraints, whatever its checksums say.</summary>
    public static bool IsEdit(string path, DatabaseOptions options)
    {
        try
        {
            Read(path, options);
            return true;
        }
        catch (PhantomDbException)
        {
            return false;
        }
    }

    /// <summary>Accepts a file. The caller holds the database's lock.</summary>
    public static AcceptanceReport Run(string path, DatabaseOptions options, bool isNothingEmptyText) => new FileAcceptance(path, options, isNothingEmptyText).Run();

    private AcceptanceReport Run()
    {
        AcceptanceReport report = Accept();
        TimelineStart.Note(_path, _files, _options.Clock.GetUtcNow().UtcDateTime);
        return report;
    }

    private AcceptanceReport Accept()
    {
        (bool isWhole, FileSeal? seal) = Look();
        if (isWhole && !_isNothingEmptyText)
        {
            FileHeader header = HeaderOf()!;
            return new AcceptanceReport(_path) { UnchangedSectionCount = seal!.Sections.Count, Timeline = header.Timeline, Lsn = header.Lsn };
        }
        LoadedDatabase loaded = ReadEdit();
        RecoveryPlan plan = new RecoveryPlanner(_path, _files).Plan();
        long lastLsn = EnsureNothingLater(plan, loaded);
        DatabaseContent content = new(DatabaseFiles.NameOf(_path), loaded.Catalog, loaded.Storage, ReadView.Latest);
        ContentSections sections = ContentSections.Of(content);
        HashSet<(uint, long)> before = [.. (seal?.Sections ?? []).Select(section => (section.Crc, section.Length))];
        HashSet<string> changed = [.. sections.Sections.Where(section => !before.Contains((section.Seal.Crc, section.Seal.Length))).Select(section => section.Head)];
        bool isSame = seal is not null && changed.Count == 0 && sections.Sections.Count == seal.Sections.Count && HeaderOf() is not null;
        AcceptanceReport report = Compare(content, sections, changed, seal, loaded.Lsn) with
        {
            IsChanged = !isSame, IsSealed = true, Timeline = isSame ? loaded.Timeline : Math.Max(loaded.Timeline, plan.NewestTimeline) + (seal is null && plan is { Segments: [], Manifest: null } ? 0 : 1),
            Lsn = isSame ? loaded.Lsn : lastLsn + (lastLsn > 0 ? 1 : 0),
        };
        Guid id = loaded.Id != Guid.Empty ? loaded.Id : plan.Id != Guid.Empty ? plan.Id : Guid.NewGuid();
        DatabaseFileWriter.Write(content with { Id = id, Timeline = report.Timeline, Lsn = report.Lsn }, _path, new DatabaseFileOptions { Sealed = WritesSealed(loaded), IsHeaderNew = true }, _files);
        return report;
    }

    private LoadedDatabase ReadEdit()
    {
        try
        {
            return Read(_path, _options, _isNothingEmptyText);
        }
        catch (PhantomDbException error) when (error.Hint is null && error.SqlState[..2] is "22" or "23" or "42")
        {
            throw Error.EditRefused(error);
        }
    }

    // A file of ours without a seal inside is meant to have none: it is under version control.
    private bool WritesSealed(LoadedDatabase loaded)
    {
        using Stream stream = _files.OpenRead(_path);
        return !_isSealBeside && (loaded.IsSealed || !SealedFile.IsOurs(stream));
    }

    private FileHeader? HeaderOf()
    {
        if (_isSealBeside)
        {
            return SealedFile.ReadBeside(_files, DatabaseFileWriter.SealPath(_path)).Header;
        }
        using Stream stream = _files.OpenRead(_path);
        return SealedFile.ReadHeader(stream);
    }

    // Whether the file is as it was saved, and the seal that it had, where that can be read.
    private (bool IsWhole, FileSeal? Seal) Look()
    {
        using Stream stream = _files.OpenRead(_path);
        if (_isSealBeside && !SealedFile.IsSealed(stream))
        {
            (FileHeader? header, FileSeal? beside) = SealedFile.ReadBeside(_files, DatabaseFileWriter.SealPath(_path));
            if (header is { IsOfKnownVersion: false })
            {
                throw Error.FileVersion(_path, header.Version);
            }
            return (SealedFile.IsSealFitting(_files, DatabaseFileWriter.SealPath(_path), stream), beside);
        }
        if (!SealedFile.IsSealed(stream))
        {
            return (false, null);
        }
        try
        {
            return (true, SealedFile.Verify(stream, _path).Seal);
        }
        catch (PhantomDbException error) when (error.SqlState == SqlStates.DataCorrupted)
        {
            return (false, SealedFile.ReadSeal(stream));
        }
    }

    // The last LSN that anything in the folder has.
    private long EnsureNothingLater(RecoveryPlan plan, LoadedDatabase loaded)
    {
        long lastLsn = loaded.Lsn;
        foreach (RecoverySegment segment in plan.SegmentsAfter(null))
        {
            if (segment.LastLsn <= loaded.Lsn)
            {
                continue;
            }
            using Stream stream = _files.OpenRead(segment.Path);
            var reader = new LogReader(segment.Path, stream, new LogReaderOptions { Counted = segment.Counted });
            while (reader.Read())
            {
                bool isEffect = reader.Operation is not (LogOperation.Sync or LogOperation.Close or LogOperation.Custom);
                if (isEffect && reader.Line.Lsn > loaded.Lsn && plan.Timeline >= loaded.Timeline)
                {
                    throw Later($"the log has LSN {reader.Line.Lsn}", loaded.Lsn);
                }
            }
            if (reader.Report.Verdict is LogVerdict.Doubtful or LogVerdict.Damaged)   // what is torn nobody was told of
            {
                throw reader.Report.ToError();
            }
            lastLsn = Math.Max(lastLsn, reader.End.Lsn - 1);
        }
        RecoveryBase? newer = plan.Bases.FirstOrDefault(file => !file.IsDatabaseFile && file.Timeline >= loaded.Timeline && file.Lsn > loaded.Lsn);
        if (newer is not null)
        {
            throw Later($"a snapshot has LSN {newer.Lsn}", loaded.Lsn);
        }
        int timeline = plan.TimelineWith(loaded.Timeline);
        if (plan.ManifestAfter(timeline) is { } manifest || ((manifest = plan.ManifestOf(timeline)) is not null && manifest.ContentLsn > lastLsn))
        {
            throw Later($"the database had gone on to LSN {manifest.ReachedLsn} of timeline {manifest.Timeline}, in files that are not there", loaded.Lsn);
        }
        long inFolder = new FolderInspector(_path, _files).Inspect(verifies: false).Max(file => file.LastLsn) ?? 0;   // of all timelines
        return Math.Max(Math.Max(lastLsn, inFolder), plan.Manifest?.ReachedLsn ?? 0);
    }

    private PhantomDbException Later(FormattableString what, long fileLsn) => new(SqlStates.ObjectNotInPrerequisiteState,
        FormattableString.Invariant($"the edit of \"{_path}\" cannot be accepted: the file ends with LSN {fileLsn}, but {FormattableString.Invariant(what)}"))
    {
        Detail = "The changes that the file does not have would be lost, or mixed with the edit.",
        Hint = "Move the edited file away and put the one that was saved back in its place, or a snapshot under its name; open the database and save it (.save), "
            + "close it, make the edit in the file as it is then, and accept that.",
    };

    private AcceptanceReport Compare(DatabaseContent content, ContentSections sections, HashSet<string> changed, FileSeal? seal, long lsn)
    {
        LoadedDatabase? old = TryReadBefore(lsn);
        ContentSections? before = old is null ? null
            : ContentSections.Of(new DatabaseContent("", old.Catalog, old.Storage, ReadView.Latest), changed);
        if (seal is not null && before is not null && !before.Sections.Select(section => section.Seal.Crc).SequenceEqual(seal.Sections.Select(section => section.Crc)))
        {
            before = null;   // not what the file had
        }
        ContentSections now = ContentSections.Of(content, changed);
        Dictionary<string, long> rowsBefore = before?.Sections.ToDictionary(section => section.Head, section => section.Seal.RowCount) ?? RowsInComments();
        Dictionary<string, TableDefinition> tables = content.Catalog.Tables.ToDictionary(table => $"[TABLE:{DefinitionText.NameOf(table.Schema, table.Name)}]");
        List<AcceptedSection> accepted = [];
        foreach (ContentSection section in sections.Sections.Where(section => changed.Contains(section.Head)))
        {
            TableDefinition? table = tables.GetValueOrDefault(section.Head);
            int[] texts = table is null ? [] : [.. Enumerable.Range(0, table.Columns.Count).Where(i => table.Columns[i].Type.IsString)];
            var line = new AcceptedSection(section.Head, section.Seal.RowCount)
            {
                RowCountBefore = rowsBefore.TryGetValue(section.Head, out long count) ? count : null, NullTexts = now.CountNulls(section.Head, texts),
            };
            if (table is not null && before is not null)
            {
                int[] key = table.PrimaryKey is { } primary ? [.. primary.Columns.Select(table.IndexOfNumber)] : [];
                RowDifferences rows = now.RowsSince(before, section.Head, key);
                line = line with { RowsAdded = rows.Added, RowsRemoved = rows.Removed, RowsChanged = rows.Changed, EmptyTextsNowNull = rows.EmptyTextsNowNull };
            }
            accepted.Add(line);
        }
        HashSet<string> heads = [.. sections.Sections.Select(section => section.Head)];
        return new AcceptanceReport(_path)
        {
            IsCompared = before is not null, Sections = accepted, UnchangedSectionCount = sections.Sections.Count - changed.Count,
            RemovedSections = before is null ? [] : [.. before.Sections.Select(section => section.Head).Where(head => !heads.Contains(head))],
        };
    }

    // What the file had, from the other files; null where they do not have it.
    private LoadedDatabase? TryReadBefore(long lsn)
    {
        try
        {
            var others = new WithoutFiles(_files, [_path]);
            RecoveredDatabase recovered = DatabaseRecovery.Run(_path, LoadTarget.New, others, new RecoveryOptions { IsReadOnly = true, ToLsn = lsn });
            return recovered.Report.LastLsn == lsn ? FileIndexes.Build(recovered.Database, _path, _options) : null;
        }
        catch (PhantomDbException)
        {
            return null;
        }
    }

    // As the lines below the sections have it.
    private Dictionary<string, long> RowsInComments()
    {
        using Stream stream = _files.OpenRead(_path);
        Dictionary<string, long> rows = [];
        foreach (ScannedSection section in SectionScanner.Scan(stream, 0, out _, out _))
        {
            if (section.RowCountInComment is { } count)
            {
                rows.TryAdd(section.Head, count);
            }
        }
        return rows;
    }
}
