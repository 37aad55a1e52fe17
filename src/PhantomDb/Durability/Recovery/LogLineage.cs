using PhantomDb.Durability.Log;

namespace PhantomDb.Durability.Recovery;

/// <summary>
/// Which segments of a folder are the log of one history, in contiguous parts: the one that leads to the newest state, and older ones that are parted from what follows by a
/// hole, or by a database file that began a timeline (a repair, an accepted edit, a restore to what a snapshot alone had). Reads headers, and ends.
/// <code>
/// timeline 1   1 ─ 6010    9016 ─ 24041
///                 part        part     └ file, LSN 24042
/// timeline 2                               24043 ─ …
///                                           part
/// </code>
/// </summary>
internal sealed class LogLineage(IReadOnlyList<SegmentFile> segments, IReadOnlyList<RecoveryBase> bases, IFileSystem files)
{
    /// <summary>The segments that lead to the newest, by what each counts of its predecessor.</summary>
    /// <param name="allowsGaps">True: also over those that are missing.</param>
    public List<RecoverySegment> Newest(bool allowsGaps)
    {
        SegmentFile? newest = null;
        foreach (SegmentFile segment in segments)
        {
            bool isOlder = newest is not null && (segment.Header.Timeline < newest.Header.Timeline
                || (segment.Header.Timeline == newest.Header.Timeline && segment.Header.Segment < newest.Header.Segment));
            newest = isOlder ? newest : segment;
        }
        return newest is null ? [] : LinkedTo(newest, null, allowsGaps);
    }

    /// <summary>
    /// The parts before, oldest first. Where a file is of a later timeline than the newest segments, these are among them, up to where that began.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<RecoverySegment>> Before(List<RecoverySegment> newest)
    {
        List<List<RecoverySegment>> parts = [];
        if (newest.Count == 0)
        {
            return parts;
        }
        RecoveryBase? later = bases.Where(file => file.Timeline > newest[^1].Header.Timeline).OrderByDescending(file => file.Timeline).ThenBy(file => file.Lsn).FirstOrDefault();
        List<RecoverySegment>? part = later is null ? Part(newest[0].Header) : OfOlderTimeline(later.Timeline, later.Lsn);
        while (part is not null)
        {
            parts.Insert(0, part);
            part = Part(part[0].Header);
        }
        return parts;
    }

    /// <summary>
    /// The last LSN of the last segment that is not one of the log's own notes, where a file names another segment that begins in this one or behind it; else without a
    /// limit, since it takes reading.
    /// </summary>
    public long ContentLsnOf(List<RecoverySegment> chain)
    {
        if (chain is not [.., var last])
        {
            return long.MaxValue;
        }
        LogHeader header = last.Header;
        long? from = bases.Where(file => file.Header is not null).SelectMany(file => file.Header!.History.Ranges(file.Lsn)).Where(range => range.Mark.Salt != header.Salt && range.LastLsn >= header.FirstLsn)
            .Min(range => (long?)Math.Max(range.Mark.FirstLsn, header.FirstLsn));
        return from is { } fromLsn ? ContentLsnOf(new SegmentFile(last.Path, header), fromLsn) : long.MaxValue;
    }

    // What comes before a segment whose predecessor is not there, or which has none.
    private List<RecoverySegment>? Part(LogHeader next)
    {
        SegmentFile? before = next.Predecessor is null ? null : Last(s => s.Timeline == next.Timeline && IsBefore(s, next) && !IsOfAnother(s, next));
        if (before is null)
        {
            return OfOlderTimeline(next.Timeline, next.FirstLsn - 1);
        }
        LogPredecessor end = EndOf(before, long.MaxValue);
        return end.LastLsn >= next.FirstLsn - 1 || GoesOnElsewhere(before, next, end.LastLsn) ? null : LinkedTo(before, end, allowsGaps: false);   // no hole: another history
    }

    // A file that one of them led to names another segment for an LSN of the other one: it was copied here, and is nobody's history.
    private bool IsOfAnother(LogHeader header, LogHeader next) => bases.Any(file => IsLedToBy(file, next)
        && file.Header!.History.Ranges(file.Lsn).Any(range => range.Mark.Salt != header.Salt && range.Mark.FirstLsn <= header.FirstLsn && range.LastLsn >= header.FirstLsn));

    // It has more than such a file says that it had when the next one began.
    private bool GoesOnElsewhere(SegmentFile segment, LogHeader next, long lastLsn)
    {
        long limit = bases.Where(file => IsLedToBy(file, next)).SelectMany(file => file.Header!.History.Ranges(file.Lsn).SkipLast(1)).Where(range => range.Mark.Salt == segment.Header.Salt)
            .Select(range => range.LastLsn).DefaultIfEmpty(long.MaxValue).Min();
        return limit < lastLsn && ContentLsnOf(segment, limit + 1) > limit;
    }

    private static bool IsLedToBy(RecoveryBase file, LogHeader segment) => file.Header?.History.Marks.Any(mark => mark.Salt == segment.Salt) == true;

    // The history that a timeline has begun behind, up to an LSN.
    private List<RecoverySegment>? OfOlderTimeline(int timeline, long lsn)
    {
        int? parent = ParentOf(timeline, lsn);
        return Last(s => s.Timeline == parent && s.FirstLsn <= lsn) is { } last ? LinkedTo(last, EndOf(last, lsn), allowsGaps: false) : null;
    }

    // Repairs and accepted edits begin behind all that there was, and go on from the newest timeline; a restore without a segment has a file that is kept. Null where it cannot be told.
    private int? ParentOf(int timeline, long lsn)
    {
        if (segments.All(s => s.Header.Timeline >= timeline))
        {
            return null;
        }
        int[] timelines = [.. segments.Select(s => s.Header.Timeline).Where(older => older < timeline).Distinct().Order()];
        if (timelines.Length == 1)
        {
            return timelines[0];
        }
        int[] same = [.. bases.Where(file => file.Timeline < timeline && file.Lsn == lsn).Select(file => file.Timeline).Distinct()];
        if (same.Length > 0)
        {
            return same.Length == 1 ? same[0] : null;
        }
        bool isBehindAll = bases.All(file => file.Timeline >= timeline || file.Lsn < lsn)
            && Array.TrueForAll(timelines, one => Last(s => s.Timeline == one) is { } last && EndOf(last, long.MaxValue).LastLsn < lsn);
        return isBehindAll ? timelines[^1] : null;
    }

    private SegmentFile? Last(Func<LogHeader, bool> isWanted) => segments.Where(s => isWanted(s.Header)).OrderBy(s => s.Header.Segment).LastOrDefault();

    private List<RecoverySegment> LinkedTo(SegmentFile current, LogPredecessor? end, bool allowsGaps)
    {
        List<RecoverySegment> chain = [new RecoverySegment(current.Path, current.Header, end)];
        while (current.Header.Predecessor is { } previous)
        {
            LogHeader next = current.Header;
            LogPredecessor? counted = previous.LastLsn + 1 == next.FirstLsn ? previous : null;
            SegmentFile? before = counted is null ? null : Last(s => s.Salt == counted.Salt && IsBefore(s, next));
            if (before is null)
            {
                counted = null;
                before = allowsGaps ? Last(s => IsBefore(s, next)) : null;
            }
            if (before is null)
            {
                break;
            }
            current = before;
            chain.Insert(0, new RecoverySegment(current.Path, current.Header, counted));
        }
        return chain;
    }

    // By its seal; where it has none, as far as it is whole. Never behind a limit.
    private LogPredecessor EndOf(SegmentFile segment, long limit)
    {
        using Stream stream = files.OpenRead(segment.Path);
        LogHeader header = segment.Header;
        var reader = new LogReader(segment.Path, stream);
        if (reader.Seal is { } seal && seal.LastLsn <= limit)
        {
            return new LogPredecessor(header.Salt, seal.LastLsn, seal.Length);
        }
        // From the start of the last transaction on, where halving finds that.
        LogPosition? start = LogSearch.Find(stream, header, reader.EndOfLines, long.MaxValue) is { } last ? LogSearch.Find(stream, header, reader.EndOfLines, Math.Min(limit, last.Lsn - 1)) : null;
        stream.Position = 0;
        reader = new LogReader(segment.Path, stream, new LogReaderOptions { From = start });
        LogPosition end = reader.End;
        while (reader.Read() && reader.Line.Lsn <= limit)
        {
            end = reader.Line.IsLastPart ? reader.End : end;
        }
        return new LogPredecessor(header.Salt, end.Lsn - 1, end.Offset);
    }

    // From an LSN on. Behind damage there may be anything.
    private long ContentLsnOf(SegmentFile segment, long fromLsn)
    {
        using Stream stream = files.OpenRead(segment.Path);
        LogPosition? start = LogSearch.Find(stream, segment.Header, new LogReader(segment.Path, stream).EndOfLines, fromLsn);
        stream.Position = 0;
        var reader = new LogReader(segment.Path, stream, new LogReaderOptions { From = start });
        long lsn = fromLsn - 1;
        while (reader.Read())
        {
            lsn = reader.Line.IsLastPart && reader.Line.Lsn > lsn && reader.Operation is not (LogOperation.Sync or LogOperation.Close) ? reader.Line.Lsn : lsn;
        }
        return reader.Report.Verdict is LogVerdict.Doubtful or LogVerdict.Damaged ? long.MaxValue : lsn;
    }

    private static bool IsBefore(LogHeader header, LogHeader next) =>
        header.Segment < next.Segment && header.Timeline <= next.Timeline && header.FirstLsn <= next.FirstLsn;
}
