using System.Globalization;
using System.Text;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;
using PhantomDb.Errors;

namespace PhantomDb.Durability.Inspection;

/// <summary>
/// Reads a database's log from its folder, whole transactions alone, verified, in a stream; beside a running writer too, over its rotations. Takes no lock
/// and writes nothing. What is damaged ends it with an error, after all that stands before it.
/// </summary>
internal sealed class LogFolder(string path, IFileSystem disk)
{
    private const int PauseMs = 100;
    private const int AttemptsMax = 20;

    private readonly MendedLogHeaders _files = new(disk);
    private readonly HashSet<string> _told = [];   // segments with a damaged header
    private uint _salt;              // of the segment that was read last
    private int _timeline;           // the newest of which something was read
    private LogPosition? _place;     // where in the segment the next transaction begins
    private LogSegmentReport? _tornEnd;

    public IEnumerable<LogRecord> Read(LogReadOptions selection, CancellationToken stop = default)
    {
        long next = selection.FromLsn ?? 0;
        byte[]? table = selection.Table is null ? null : Encoding.UTF8.GetBytes(NameOf(selection.Table));
        DateTime? fromTime = Utc(selection.FromTime), toTime = Utc(selection.ToTime);
        int failures = 0;
        while (true)
        {
            FolderStamp stamp = FolderStamp.Of(path, _files);
            RecoveryPlan plan = Plan();
            _tornEnd = null;
            (IReadOnlyList<RecoverySegment> segments, IReadOnlyList<LogHole> holes) = (plan.Log, plan.Holes);
            if (BeginningOfLaterTimeline(segments) is { } beginning && beginning.FirstLsn < next)
            {
                selection.PutBack?.Invoke(beginning.FirstLsn - 1, beginning.Timeline);
                next = beginning.FirstLsn;   // also before the first that was wanted: nobody has seen these
            }
            if (OldestUnread(plan) is { } unread && unread.LastLsn >= next && unread.FirstLsn <= (selection.ToLsn ?? long.MaxValue))
            {
                TellHole(selection, unread);
                next = unread.NextLsn;
            }
            EnsureKept(segments, next);
            bool mustReadAgain = false;
            for (int i = FirstSegment(segments, next, fromTime); i < segments.Count && !mustReadAgain; i++)
            {
                RecoverySegment segment = segments[i];
                if (holes.FirstOrDefault(h => h.NextLsn == segment.Header.FirstLsn) is { LastLsn: > 0 } hole && hole.LastLsn >= next && (next > 0 || i > 0))
                {
                    if (hole.FirstLsn > selection.ToLsn)
                    {
                        yield break;
                    }
                    TellHole(selection, hole);
                    next = hole.NextLsn;
                }
                using Stream? stream = TryOpen(segment);
                if (stream is null)
                {
                    mustReadAgain = true;
                    break;
                }
                _timeline = Math.Max(_timeline, segment.Header.Timeline);
                TellDamagedHeader(selection, segment.Path);
                var reader = new LogReader(segment.Path, stream, new LogReaderOptions
                {
                    Counted = segment.Counted, DurableLsn = segment.Counted is null ? plan.ReachedLsn : 0,
                    From = _salt == segment.Header.Salt ? _place : next > segment.Header.FirstLsn ? Find(segment, stream, next) : null,
                });
                while (reader.Read())
                {
                    LogLine line = reader.Line;
                    if (line.IsLastPart)
                    {
                        (_salt, _place, failures) = (segment.Header.Salt, reader.End, 0);
                    }
                    if (line.Lsn > selection.ToLsn || line.Time > toTime)
                    {
                        yield break;
                    }
                    if (line.Lsn < next)
                    {
                        continue;
                    }
                    next = line.Lsn + 1;
                    if ((selection.TransactionId is null || line.TransactionId == selection.TransactionId) && !(line.Time < fromTime)
                        && (table is null || reader.Table.SequenceEqual(table)))
                    {
                        yield return ToRecord(reader, Path.GetFileName(segment.Path));
                    }
                    stop.ThrowIfCancellationRequested();
                }
                LogSegmentReport report = reader.Report;
                bool isEnd = segment.Counted is null && report.Verdict == LogVerdict.Torn;
                _tornEnd = isEnd ? report : null;
                if (report.Verdict != LogVerdict.Clean && !isEnd)
                {
                    // What looks so while a writer cuts its last bytes back, or writes over its reserve, does not when it is read again.
                    mustReadAgain = (selection.IsFollowing || IsOpen) && segment.Counted is null && ++failures < AttemptsMax ? true
                        : throw (segment.Counted is { } counted && counted.LastLsn >= next ? Error.LogReadOnBehind(report.ToError(), counted.LastLsn) : report.ToError());
                }
            }
            if (!selection.IsFollowing && !mustReadAgain)
            {
                EnsureReadable(plan);
                TellTornEnd(selection);
                yield break;
            }
            do
            {
                if (stop.WaitHandle.WaitOne(PauseMs))
                {
                    yield break;
                }
            }
            while (!mustReadAgain && stamp.IsOld && FolderStamp.Of(path, _files).IsSameAs(stamp));
        }
    }

    /// <summary>The first LSN that is kept; 1 where there is no log.</summary>
    public long FirstLsn() => Plan().Log is [var first, ..] ? first.Header.FirstLsn : 1;

    /// <summary>The last LSN that whole transactions have; 0 where there are none.</summary>
    public long LastLsn()
    {
        IReadOnlyList<RecoverySegment> segments = Plan().Log;
        if (segments is [.., { Counted: { } counted }])
        {
            return counted.LastLsn;
        }
        if (segments.Count == 0 || TryOpen(segments[^1]) is not { } stream)
        {
            return 0;
        }
        using (stream)
        {
            if (Find(segments[^1], stream, long.MaxValue) is { } end)
            {
                return end.Lsn - 1;
            }
            var reader = new LogReader(segments[^1].Path, stream);
            while (reader.Read())
            {
            }
            return reader.End.Lsn - 1;
        }
    }

    /// <summary>The last LSN that is known to be on the writer's disk, by what stands behind it.</summary>
    public long DurableLsn()
    {
        if (Plan().Log is not [.., { } last])
        {
            return 0;
        }
        if (last.Counted is { } counted)
        {
            return counted.LastLsn;
        }
        using Stream? stream = TryOpen(last);
        return Math.Max(stream is null ? 0 : LogTail.KnownDurable(stream, last.Header.Salt, last.Header.ToBytes().Length), last.Header.FirstLsn - 1);
    }

    /// <summary>As the manifest has them.</summary>
    public IReadOnlyList<LogPin> Pins() => [.. Plan().Manifest?.Pins ?? []];

    private static LogPosition? Find(RecoverySegment segment, Stream stream, long lsn) =>
        LogSearch.Find(stream, segment.Header, segment.Counted?.Length ?? new LogReader(segment.Path, stream).EndOfLines, lsn);

    // Where the history goes another way than what was read: the database was restored to a point before its end.
    private LogHeader? BeginningOfLaterTimeline(IReadOnlyList<RecoverySegment> segments) =>
        _timeline == 0 ? null : segments.FirstOrDefault(segment => segment.Header.Timeline > _timeline)?.Header;

    private bool IsOpen => _files.Exists(Path.ChangeExtension(path, ".lock"));

    private RecoveryPlan Plan()
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return new RecoveryPlanner(path, _files).Plan();
            }
            catch (PhantomDbException error) when (error.SqlState == SqlStates.DataCorrupted && _files.Paths.Count > 0)
            {
                return new RecoveryPlanner(path, disk).Plan();   // a segment that was left behind: the log does without
            }
            catch (PhantomDbException error) when (error.SqlState == SqlStates.UndefinedFile && attempt < AttemptsMax)
            {
                // renamed or deleted since it was listed
            }
        }
    }

    private static void EnsureKept(IReadOnlyList<RecoverySegment> segments, long next)
    {
        if (next > 0 && segments.Count > 0 && next < segments[0].Header.FirstLsn)
        {
            throw Error.LogRecordsGone(next, segments[0].Header.FirstLsn);
        }
    }

    // Before the oldest segment that can be read: one whose header nothing proves.
    private static LogHole? OldestUnread(RecoveryPlan plan) =>
        plan is { Log: [{ Header.FirstLsn: var first }, ..], HeadlessSegments: [var headless, ..] } && headless.FirstLsn < first ? LogHole.Between(headless.FirstLsn - 1, first, false) : null;

    // What it has was never read.
    private static void EnsureReadable(RecoveryPlan plan)
    {
        if (plan.HeadlessEnd is { } headless)
        {
            throw new PhantomDbException(SqlStates.DataCorrupted, $"{BaseChoice.HeaderDamaged}, and nothing proves what it has: \"{headless.Path}\"") { Where = headless.Path, Hint = Error.RepairHint };
        }
    }

    private void TellDamagedHeader(LogReadOptions selection, string segment)
    {
        if (!_files.Paths.Contains(segment) || !_told.Add(segment))
        {
            return;
        }
        string text = $"{BaseChoice.HeaderDamaged}: \"{segment}\"";
        if (selection.DamagedHeader is null)
        {
            throw new PhantomDbException(SqlStates.DataCorrupted, text) { Where = segment, Hint = Error.RepairHint };
        }
        selection.DamagedHeader(text);
    }

    private static void TellHole(LogReadOptions selection, LogHole hole)
    {
        if (selection.MissingRecords is null)
        {
            throw Error.LogHole(hole.FirstLsn, hole.LastLsn);
        }
        selection.MissingRecords(hole.FirstLsn, hole.LastLsn);
    }

    // Time never goes back: a segment can be passed over where the next one begins before the time that is wanted.
    private int FirstSegment(IReadOnlyList<RecoverySegment> segments, long next, DateTime? fromTime)
    {
        int first = 0;
        while (first < segments.Count && segments[first].LastLsn < next)
        {
            first++;
        }
        while (fromTime is not null && first + 1 < segments.Count && FirstTime(segments[first + 1]) < fromTime)
        {
            first++;
        }
        return first;
    }

    private DateTime? FirstTime(RecoverySegment segment)
    {
        using Stream? stream = TryOpen(segment);
        if (stream is null)
        {
            return null;
        }
        var reader = new LogReader(segment.Path, stream, new LogReaderOptions { Counted = segment.Counted });
        return reader.Read() ? reader.Line.Time : null;
    }

    // Null where it has another name by now, or another has its name.
    private Stream? TryOpen(RecoverySegment segment)
    {
        Stream? stream = null;
        try
        {
            stream = _files.OpenRead(segment.Path);
            byte[] start = new byte[(int)Math.Min(stream.Length, LogHeader.LengthMax)];
            stream.ReadExactly(start);
            if (LogHeader.TryParse(start, out _)?.Salt == segment.Header.Salt)
            {
                return stream;
            }
        }
        catch (PhantomDbException error) when (error.SqlState == SqlStates.UndefinedFile)
        {
        }
        stream?.Dispose();
        return null;
    }

    private void TellTornEnd(LogReadOptions selection)
    {
        if (_tornEnd?.Fault is { } fault)
        {
            selection.TornEnd?.Invoke(string.Create(CultureInfo.InvariantCulture,
                $"{_tornEnd.Path}, line {fault.Line}, byte offset {fault.Offset}: {fault.Reason}; {_tornEnd.FileLength - _tornEnd.End.Offset} bytes are no whole transaction"));
        }
    }

    private static LogRecord ToRecord(LogReader reader, string segment)
    {
        LogLine line = reader.Line;
        LogOperation operation = reader.Operation;
        int count = reader.Count, mark = operation == LogOperation.Update ? MarkOf(reader) : -1;
        return new LogRecord(line.Lsn, line.Time, line.TransactionId, Encoding.UTF8.GetString(reader.OperationName))
        {
            Segment = segment, Position = reader.Offset, Part = line.Part, PartCount = line.PartCount, Table = reader.Table.IsEmpty ? null : Encoding.UTF8.GetString(reader.Table),
            Before = operation == LogOperation.Update ? ValuesOf(reader, 0, mark) : operation == LogOperation.Delete ? ValuesOf(reader, 0, count) : null,
            After = operation is LogOperation.Insert or LogOperation.Update ? ValuesOf(reader, mark + 1, count) : null,
            Values = operation is LogOperation.Insert or LogOperation.Update or LogOperation.Delete ? [] : ValuesOf(reader, 0, count),
        };
    }

    private static int MarkOf(LogReader reader)
    {
        int mark = 0;
        while (mark < reader.Count && !reader.IsMark(mark))
        {
            mark++;
        }
        return mark;
    }

    private static string?[] ValuesOf(LogReader reader, int start, int end)
    {
        string?[] values = new string?[Math.Max(0, end - start)];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = reader.IsNull(start + i) ? null : Encoding.UTF8.GetString(reader.Value(start + i));
        }
        return values;
    }

    private static DateTime? Utc(DateTime? time) => time?.Kind == DateTimeKind.Unspecified ? DateTime.SpecifyKind(time.Value, DateTimeKind.Utc) : time?.ToUniversalTime();

    // As the log has it: without the schema public, in quotes where needed.
    private static string NameOf(string text)
    {
        (string schema, string name) = new DefinitionText(text).QualifiedName();
        return DefinitionText.NameOf(schema, name);
    }
}
