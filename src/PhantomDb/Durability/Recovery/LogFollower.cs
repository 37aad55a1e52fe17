using System.Globalization;
using PhantomDb.Catalog;
using PhantomDb.Durability.Log;
using PhantomDb.Storage;

namespace PhantomDb.Durability.Recovery;

/// <summary>
/// Applies a log as it grows, beside who writes it or in a folder that it is copied to. Takes whole transactions alone, and of these only what is known to be
/// on the writer's disk: a later line, a seal or the next segment says so. What is not whole yet is waited for and never judged. Writes
/// nothing; making visible what was applied is the composition root's.
/// <code>
/// segment 7   1201 ─── 1250 │ 1251 (nothing behind it yet: may be cut again)     wait
/// segment 8, header: counts 1300 of segment 7                                     read 7 up to 1300, then go on with 8
/// </code>
/// </summary>
internal sealed class LogFollower
{
    private readonly string _path;
    private readonly IFileSystem _files;
    private readonly AppliedRows _rows = new(hasReaders: true);
    private readonly LogApplier _applier;
    private readonly DatabaseStorage _stage;
    private readonly Dictionary<string, (FileMark Mark, DateTime WrittenAt, LogHeader? Header)> _headers = [];
    private readonly int _timeline;
    private readonly int _newestTimeline;   // of any file, when what is followed was read
    private (FileMark Mark, DateTime WrittenAt, int Timeline) _ownFile;
    private LogHeader? _header;        // of the segment that is read
    private string _segmentPath = "";
    private LogPosition _position;
    private bool _isApplying;

    /// <param name="path">The database's file.</param>
    /// <param name="recovered">What the files had.</param>
    /// <param name="visible">The storage that readers have.</param>
    /// <param name="files">The disk.</param>
    public LogFollower(string path, RecoveredDatabase recovered, DatabaseStorage visible, IFileSystem files)
    {
        _path = path;
        _files = files;
        _stage = visible.Stage();
        _timeline = recovered.Report.Timeline;
        _newestTimeline = recovered.NewestTimeline;
        _applier = new LogApplier(recovered.Database with { Storage = _stage }, new LoadTarget(visible.Account, visible.Timestamps), files, _rows);
        if (recovered.Segments.Count > 0 && recovered.Segments[^1] is { NextLine: > 0 } last)
        {
            (_header, _segmentPath, _position) = (last.Header, last.Path, new LogPosition(last.Length, last.NextLine, last.LastLsn + 1));
        }
    }

    /// <summary>Of the last transaction that was applied.</summary>
    public long LastLsn => _applier.LastLsn;

    /// <summary>What readers do not see yet.</summary>
    public AppliedRows Rows => _rows;

    public DatabaseStorage Stage => _stage;

    public DatabaseCatalog Catalog => _applier.Catalog;

    /// <summary>Why it goes no further; null where it has all that there is.</summary>
    public string? Waiting { get; private set; }

    /// <summary>True where the log has gone another way than what was applied, or goes on too far ahead: only a new beginning leads there.</summary>
    public bool MustBeginAnew { get; private set; }

    /// <summary>Applies what has come; true where it was anything. Throws where what has come does not fit: then too it must begin anew.</summary>
    public bool Advance()
    {
        long before = LastLsn;
        Waiting = null;
        try
        {
            AdvanceInSegments();
            if (LastLsn > before)
            {
                _applier.Flush(_segmentPath, _position);
            }
        }
        catch
        {
            MustBeginAnew = true;
            throw;
        }
        return LastLsn > before;
    }

    private void AdvanceInSegments()
    {
        try
        {
            while (!MustBeginAnew && AdvanceInSegment())
            {
            }
        }
        catch (PhantomDbException error) when (!_isApplying && error.SqlState == Errors.SqlStates.UndefinedFile)
        {
            Waiting = error.Message;   // it has just got another name
        }
    }

    // True where the next segment is to be read.
    private bool AdvanceInSegment()
    {
        List<SegmentFile> segments = Segments();
        if (OwnFileTimeline() > Math.Max(_newestTimeline, segments.Select(s => s.Header.Timeline).DefaultIfEmpty().Max()))
        {
            MustBeginAnew = true;   // accepted or repaired: the log has nothing of it yet
            return false;
        }
        if ((_header is null || IsBegunAgain(_header, segments)) && !TryBegin(segments))
        {
            return false;
        }
        LogHeader header = _header!;
        SegmentFile? next = segments.Where(s => s.Header.Predecessor?.Salt == header.Salt && s.Header.Segment > header.Segment)
            .OrderBy(s => s.Header.Timeline).ThenBy(s => s.Header.Segment).LastOrDefault();
        LogPredecessor? counted = next?.Header.Predecessor;
        if (counted is not null ? counted.LastLsn < _position.Lsn - 1 : segments.Exists(s => s.Header.Timeline > header.Timeline))
        {
            MustBeginAnew = true;   // restored to an earlier point
            return false;
        }
        if (counted is not null && next!.Header.FirstLsn > Math.Max(counted.LastLsn, LastLsn) + 1)
        {
            MustBeginAnew = true;   // what lies between stands in a file alone
            return false;
        }
        if (counted is null || counted.LastLsn >= _position.Lsn)
        {
            if (segments.FirstOrDefault(s => s.Header.Salt == header.Salt) is not { Path: var path })
            {
                Wait($"the segment with LSN {_position.Lsn} is not there", segments);
                return false;
            }
            _segmentPath = path;
            Read(counted);
        }
        if (counted is null || _position.Lsn <= counted.LastLsn)
        {
            if (counted is not null || segments.Any(s => s.Header.FirstLsn > _position.Lsn && s.Header.Timeline >= header.Timeline && s.Header.Salt != header.Salt))
            {
                Wait($"the log from LSN {_position.Lsn} on is not whole yet", segments);
            }
            return false;
        }
        Enter(next!);
        return true;
    }

    private void Wait(string reason, List<SegmentFile> segments)
    {
        Waiting = reason;
        // A newer file may lead beyond the gap.
        MustBeginAnew = new RecoveryPlanner(_path, _files).Plan(allowsGaps: true).Bases.Any(b => b.Header is not null && b.Lsn > LastLsn) && segments.All(s => s.Header.Salt != _header?.Salt);
    }

    // The first segment had no record when its writer ended: the next is the first, too.
    private bool IsBegunAgain(LogHeader header, List<SegmentFile> segments) => _position.Lsn == header.FirstLsn && header.Predecessor is null
        && segments.Exists(s => s.Header.FirstLsn == header.FirstLsn && s.Header.Predecessor is null && s.Header.Segment > header.Segment);

    // Where there was no log yet.
    private bool TryBegin(List<SegmentFile> segments)
    {
        if (segments.Where(s => s.Header.FirstLsn == LastLsn + 1).OrderBy(s => s.Header.Timeline).ThenBy(s => s.Header.Segment).LastOrDefault() is { } first)
        {
            Enter(first);
            return true;
        }
        if (segments.Count > 0 && segments.Max(s => s.Header.FirstLsn) > LastLsn)
        {
            MustBeginAnew = true;
        }
        return false;
    }

    private void Enter(SegmentFile segment)
    {
        _header = segment.Header;
        _segmentPath = segment.Path;
        _position = new LogPosition(_header.ToBytes().Length, 3, _header.FirstLsn);
    }

    private void Read(LogPredecessor? counted)
    {
        using Stream stream = _files.OpenRead(_segmentPath);
        long length = LogReserve.LengthWithout(stream);
        if (length <= _position.Offset)
        {
            MustBeginAnew |= counted is null && length < _position.Offset && IsSame(stream);   // cut: what was read had not been kept
            return;
        }
        long known = counted?.LastLsn ?? LogTail.KnownDurable(stream, _header!.Salt, _position.Offset), start = _position.Lsn;
        if (known < _position.Lsn || !IsSame(stream))
        {
            return;
        }
        var reader = new LogReader(_segmentPath, stream, new LogReaderOptions { From = _position });
        while (reader.End.Lsn <= known && reader.Read() && reader.Line.Lsn + reader.Line.PartCount - 1 <= known)
        {
            Apply(reader);
        }
        // What stands behind it is whole, and it is not: it is not what was read before.
        MustBeginAnew |= counted is null && _position.Lsn == start && reader.End.Lsn == start && length > _position.Offset && LogTail.KnownDurable(stream, _header!.Salt, _position.Offset) >= start;
    }

    private void Apply(LogReader reader)
    {
        bool isNew = reader.Line.Lsn > _applier.LastLsn;
        _isApplying = true;
        while (true)
        {
            if (isNew)
            {
                _applier.Apply(reader, _segmentPath);
            }
            if (reader.Line.IsLastPart || !reader.Read())
            {
                break;
            }
        }
        _isApplying = false;
        _position = reader.End;
    }

    // The name may have become another segment's since the folder was looked through.
    private bool IsSame(Stream stream) => HeaderOf(stream) == _header;

    private List<SegmentFile> Segments()
    {
        string folder = Path.GetDirectoryName(_path)!, name = Path.GetFileNameWithoutExtension(_path);
        List<SegmentFile> segments = [];
        foreach (string file in _files.List(folder).Select(file => Path.GetFileName(file)!))
        {
            if (file != LogSegmentName.Active(name) && LogSegmentName.TryParse(file)?.DatabaseName != name)
            {
                continue;
            }
            string path = Path.Combine(folder, file);
            if (HeaderOf(path) is { IsOfKnownVersion: true } header && (_header is null ? header.Timeline >= _timeline : header.Id == _header.Id))
            {
                segments.Add(new SegmentFile(path, header));
            }
        }
        return segments;
    }

    // Read anew where the file may be another than at the last look.
    private LogHeader? HeaderOf(string path)
    {
        (FileMark mark, DateTime writtenAt) = (_files.MarkOf(path), _files.WrittenAt(path));
        if (mark.IsFile && _headers.TryGetValue(path, out var known) && (known.Mark, known.WrittenAt) == (mark, writtenAt))
        {
            return known.Header;
        }
        using Stream stream = _files.OpenRead(path);
        LogHeader? header = HeaderOf(stream);
        _headers[path] = (mark, writtenAt, header);
        return header;
    }

    // 0 where there is no file, or one that does not say.
    private int OwnFileTimeline()
    {
        if (!_files.Exists(_path))
        {
            return 0;
        }
        (FileMark mark, DateTime writtenAt) = (_files.MarkOf(_path), _files.WrittenAt(_path));
        if (!mark.IsFile || (_ownFile.Mark, _ownFile.WrittenAt) != (mark, writtenAt))
        {
            FileHeader? header = RecoveryPlanner.ReadHeader(_path, _files);
            _ownFile = (mark, writtenAt, header is null || (_header is not null && header.Id != _header.Id) ? 0 : header.Timeline);
        }
        return _ownFile.Timeline;
    }

    private static LogHeader? HeaderOf(Stream stream)
    {
        byte[] bytes = new byte[(int)Math.Min(stream.Length, LogHeader.LengthMax)];
        stream.Position = 0;
        return LogHeader.TryParse(bytes.AsSpan(0, stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)), out _);
    }
}
