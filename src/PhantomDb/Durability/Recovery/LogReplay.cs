using System.Globalization;
using PhantomDb.Durability.Log;
using PhantomDb.Errors;

namespace PhantomDb.Durability.Recovery;

/// <summary>
/// Applies the segments behind a file, whole transactions alone, and says where that ended and what counts of each segment. What is bad and covered is passed over; what is not, judged by
/// the mode. Writes nothing.
/// </summary>
internal sealed class LogReplay(RecoveryPlan plan, RecoveryOptions options, LogCoverage coverage, IFileSystem files, RecoveryFindings findings)
{
    private readonly List<RecoveredSegment> _segments = [];
    private (string From, string To)? _renamed;

    /// <summary>What counts of each, oldest first; those too that the file has all of.</summary>
    public IReadOnlyList<RecoveredSegment> Segments => _segments;

    /// <summary>True where the log goes on behind the point that was asked for.</summary>
    public bool HasMore { get; private set; }

    /// <summary>Of the segment that ended before its last byte.</summary>
    public LogSegmentReport? Cut { get; private set; }

    /// <summary>Segments behind that one, which do not count any more.</summary>
    public IReadOnlyList<RecoverySegment> Lost { get; private set; } = [];

    /// <summary>Where a salvage goes on: the place among the segments, and what was found there.</summary>
    public (int Segment, LogSegmentReport Report)? Fault { get; set; }

    /// <summary>The last LSN that may have been in what was passed over; 0 where nothing was.</summary>
    public long PassedOverLsn { get; private set; }

    /// <summary>The highest number of a transaction.</summary>
    public long LastTransactionId { get; private set; }

    public long RecordsRead { get; private set; }

    /// <summary>Whole transactions behind a bad line that were left out.</summary>
    public long TransactionsDropped { get; set; }

    public void Run(LogApplier applier, IReadOnlyList<RecoverySegment> segments, long? toLsn)
    {
        NoteUnread(segments);
        for (int i = 0; i < segments.Count; i++)
        {
            RecoverySegment segment = segments[i];
            if (options.AppliesBehindLoss && segment.Header.FirstLsn > applier.LastLsn + 1)
            {
                StopAtGap(i, segment, applier.LastLsn + 1);
                return;
            }
            if (Read(applier, segment, toLsn) is not { } report || (report.Verdict != LogVerdict.Clean && options.IsFollowing))
            {
                return;   // the point is reached, or the rest has not come yet
            }
            if (report.Verdict != LogVerdict.Clean)
            {
                End(i, report, segments);
                return;
            }
        }
    }

    /// <summary>When a segment that is not read was sealed, by its name, or written last. How long it is kept depends on that.</summary>
    public static DateTime TimeOf(string segmentPath, IFileSystem files) => LogSegmentName.TryParse(Path.GetFileName(segmentPath))?.RotatedAt ?? files.WrittenAt(segmentPath);

    /// <summary>The name that a segment has by now.</summary>
    public string PathOf(string path) => _renamed is var (from, to) && from == path ? to : path;

    /// <summary>The active segment has got a name of its own.</summary>
    public void Rename(string path, string name)
    {
        _renamed = (path, name);
        int i = _segments.FindIndex(s => s.Path == path);
        if (i >= 0)
        {
            _segments[i] = _segments[i] with { Path = name };
        }
    }

    /// <summary>Beside a writer, a name may have become another segment's since the folder was looked through.</summary>
    public static void EnsureIs(RecoverySegment segment, Stream stream)
    {
        byte[] bytes = new byte[(int)Math.Min(stream.Length, LogHeader.LengthMax)];
        stream.ReadExactly(bytes);
        stream.Position = 0;
        if (LogHeader.TryParse(bytes, out _) != segment.Header)
        {
            throw RecoveryPlanner.Refused(segment.Path, "the segment has become another one while it was read", "Try again.");
        }
    }

    private void NoteUnread(IReadOnlyList<RecoverySegment> segments)
    {
        foreach (RecoverySegment segment in plan.Segments.Where(s => !segments.Contains(s)))
        {
            if (segment.Counted is { } counted && segments.Count > 0)
            {
                findings.LeftOut(segment.Path, "the file has all of its records");
                _segments.Add(new RecoveredSegment(segment.Path, segment.Header, counted.LastLsn, counted.Length, TimeOf(segment.Path, files)));
            }
            else
            {
                findings.LeftOut(segment.Path, $"timeline {segment.Header.Timeline} had ended: the file is of a later one");
            }
        }
    }

    // Null where the point that was asked for is reached.
    private LogSegmentReport? Read(LogApplier applier, RecoverySegment segment, long? toLsn)
    {
        using Stream stream = files.OpenRead(segment.Path);
        EnsureIs(segment, stream);
        bool isLast = segment.Counted is null;
        long? limit = isLast && options.IsFollowing
            ? Math.Min(toLsn ?? long.MaxValue, Math.Max(coverage.BaseLsn, LogTail.KnownDurable(stream, segment.Header.Salt, segment.Header.ToBytes().Length))) : toLsn;
        var reader = new LogReader(segment.Path, stream, new LogReaderOptions
        {
            Counted = segment.Counted, DurableLsn = isLast && !options.IsFollowing ? Math.Max(coverage.ReachedLsn, coverage.BaseLsn) : 0,
            CoveredLsn = coverage.CoveredLsn, EndLsn = coverage.EndLsn,
        });
        using LogReadAhead? ahead = stream.Length >= options.ReadAheadLength && Environment.ProcessorCount > 1 ? new LogReadAhead(reader) : null;
        LogRecordCursor records = ahead is null ? reader : ahead;
        DateTime lastTime = default;
        LogPosition end = records.End;
        while (!HasMore && records.Read())
        {
            LogLine line = records.Line;
            if (line.Lsn > coverage.BaseLsn && line.Part == 1 && line.Lsn + line.PartCount - 1 > limit)
            {
                HasMore = true;
                continue;
            }
            RecordsRead++;
            lastTime = line.Time;
            end = records.End;
            LastTransactionId = Math.Max(LastTransactionId, line.TransactionId);
            if (line.Lsn > coverage.BaseLsn)
            {
                applier.Apply(records, segment.Path);
            }
        }
        applier.Flush(segment.Path, end);
        if (HasMore)
        {
            if (end.Lsn > segment.Header.FirstLsn)
            {
                _segments.Add(new RecoveredSegment(segment.Path, segment.Header, end.Lsn - 1, end.Offset, lastTime) { NextLine = end.Line });
            }
            findings.Used(segment.Path, string.Create(CultureInfo.InvariantCulture, $"up to LSN {applier.LastLsn}"));
            return null;
        }
        LogSegmentReport report = WithoutCovered(records.Report);
        _segments.Add(new RecoveredSegment(segment.Path, segment.Header, report.End.Lsn - 1, report.End.Offset, lastTime) { NextLine = report.End.Line });
        findings.Used(segment.Path, Describe(report));
        return report;
    }

    // What is bad, or missing at the end, and that nothing is lost with.
    private LogSegmentReport WithoutCovered(LogSegmentReport report)
    {
        foreach (LogGap gap in report.PassedOver)
        {
            PassedOverLsn = Math.Max(PassedOverLsn, gap.LastLsn);
            findings.Without(report.ToError(gap));
        }
        if (!report.IsShort || coverage.ReachedLsn > coverage.CoveredLsn)
        {
            return report;
        }
        PassedOverLsn = Math.Max(PassedOverLsn, Math.Max(coverage.ReachedLsn, coverage.BaseLsn));
        findings.Without(EndNotNeeded(report.Path, report.End.Lsn, PassedOverLsn, coverage.BaseLsn));
        return report with { Verdict = LogVerdict.Clean, Fault = null };
    }

    private void End(int index, LogSegmentReport report, IReadOnlyList<RecoverySegment> segments)
    {
        if (report.IsShort && plan.MissingEnd(Path.GetDirectoryName(report.Path)!, report.End.Lsn) is { } missing)
        {
            // The last segment that is there is whole: what is lost is another file.
            PhantomDbException error = EndMissing(plan, report.End.Lsn - 1, coverage.ReachedLsn, missing);
            if (options.Mode != RecoveryMode.Salvage)
            {
                throw error;
            }
            findings.Note(RecoveryVerdict.Repaired, error.Message);
            findings.Losses.Add(plan.HeadlessEnd is { } headless
                ? new RecoveryLoss(report.End.Lsn, plan.Manifest?.OpenSegment is null ? coverage.ReachedLsn : long.MaxValue, [], $"{BaseChoice.HeaderDamaged}: \"{headless.Path}\"")
                : new RecoveryLoss(report.End.Lsn, coverage.ReachedLsn, [], $"the segment is missing: \"{missing}\""));
            return;
        }
        Judge(report);
        Fault = (index, report);
        Lost = [.. segments.Skip(index + 1)];
    }

    /// <summary>The end of the log is missing, and the file has all that had been changed there.</summary>
    public static PhantomDbException EndNotNeeded(string path, long firstLsn, long lastLsn, long baseLsn) => new(SqlStates.DataCorrupted, string.Create(CultureInfo.InvariantCulture,
        $"the end of the log is missing, LSN {firstLsn} to {lastLsn}: {(lastLsn <= baseLsn ? "the file has all of it" : firstLsn <= baseLsn ? "the file has all that had been changed there" : "nothing had been changed there")}")) { Where = path };

    /// <summary>The log is known to have gone on in a file that is not there, or cannot be read.</summary>
    public static PhantomDbException EndMissing(RecoveryPlan plan, long lastLsn, long reachedLsn, string missing) => plan.HeadlessEnd is { } headless
        ? RecoveryPlanner.Refused(headless.Path, string.Create(CultureInfo.InvariantCulture, $"{BaseChoice.HeaderDamaged}; before it the log ends with LSN {lastLsn}, and had reached LSN {reachedLsn}"),
            BaseChoice.RestoreSegment)
        : RecoveryPlanner.Refused(missing,
        string.Create(CultureInfo.InvariantCulture, $"the log ends with LSN {lastLsn}, but had reached LSN {reachedLsn}; missing is"), "Put the file back into the folder.");

    private void Judge(LogSegmentReport report)
    {
        bool isAccepted = options.Mode switch
        {
            RecoveryMode.TornTail => report.Verdict is LogVerdict.Torn or LogVerdict.Doubtful,
            RecoveryMode.Salvage => true,
            _ => false,
        };
        PhantomDbException error = report.ToError();
        if (!isAccepted)
        {
            throw error;
        }
        findings.Note(report.Verdict == LogVerdict.Torn ? RecoveryVerdict.Torn : RecoveryVerdict.Repaired, $"{report.Fault!.Reason} ({error.Where})");
        TransactionsDropped += report.TransactionsBehind;
        Cut = report;
    }

    private void StopAtGap(int index, RecoverySegment segment, long expectedLsn)
    {
        string reason = string.Create(CultureInfo.InvariantCulture, $"the log from LSN {expectedLsn} to {segment.Header.FirstLsn - 1} is missing");
        Fault = (index, new LogSegmentReport(segment.Path, LogVerdict.Damaged, new LogPosition(0, 1, expectedLsn), 0)
        {
            Header = segment.Header, Fault = new LogFault(0, 1, expectedLsn, reason),
        });
        findings.Note(RecoveryVerdict.Repaired, $"{reason} ({segment.Path})");
    }

    private static string Describe(LogSegmentReport report) => string.Create(CultureInfo.InvariantCulture,
        $"LSN {report.Header!.FirstLsn} to {report.End.Lsn - 1}{(report.IgnoredBytes > 0 ? $"; {report.IgnoredBytes} bytes behind them do not count" : "")}")
        + string.Concat(report.PassedOver.Take(1).Select(gap => $"; {Describe(gap.Fault)}, where the file has all"))
        + (report.Fault is { } fault ? $"; {Describe(fault)}" : "");

    private static string Describe(LogFault fault) => string.Create(CultureInfo.InvariantCulture, $"{fault.Reason} (line {fault.Line}, byte offset {fault.Offset})");
}
