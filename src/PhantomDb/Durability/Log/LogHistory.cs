using System.Text;
using PhantomDb.Errors;

namespace PhantomDb.Durability.Log;

/// <summary>
/// Reads records of any range, over all segments, in a stream and verified. Where it has read it keeps a place every so many bytes; elsewhere
/// it looks for the place to begin at by halving. The segments used longest ago lose their places first. For any thread.
/// </summary>
internal sealed class LogHistory(LogFiles files, long indexBytesMax) : ILogSource
{
    private const int IndexedBytes = 1 << 16;   // between two places
    private const int NearBytes = 1 << 18;      // read rather than searched
    private const int PositionBytes = 24;
    private const int FewRecords = 64;
    private const int SmallBufferBytes = 1 << 14;

    private readonly object _gate = new();
    private readonly Dictionary<uint, Index> _indexes = [];        // by the segment's salt
    private readonly Dictionary<uint, DateTime> _firstTimes = [];   // by the same
    private long _clock;

    /// <summary>Memory that places take.</summary>
    public long IndexBytes { get; private set; }

    /// <summary>
    /// Records of a range, as far as they have been written when it comes there. Of the segments only those are read that can have some, from near the
    /// first one on. 22023 where the first LSN of the range is no longer kept.
    /// </summary>
    /// <param name="range">The range.</param>
    /// <param name="wants">Looks at a record before text is made of it; null: all are wanted.</param>
    /// <param name="onHole">Told of records that are missing in the middle; it goes on behind them. Null: they are an error (22023).</param>
    public IEnumerable<LogEntry> Read(LogRange range, LogWish? wants = null, Action<LogHole>? onHole = null)
    {
        long next = SkipTo(range);
        while (next <= range.LastLsn)
        {
            (LogSegmentFile File, Stream Stream)? segment = Open(next, out LogHole? missing);
            if (missing is { } hole)
            {
                if (!hole.IsEmpty && hole.LastLsn >= next)
                {
                    (onHole ?? (_ => throw Error.LogHole(hole.FirstLsn, hole.LastLsn)))(hole);
                }
                next = hole.NextLsn;
                continue;
            }
            if (segment is not var (file, stream))
            {
                break;
            }
            using (stream)
            {
                LogRange rest = range with { FirstLsn = next };
                var reader = new LogReader(files.PathOf(file.FileName), stream, new LogReaderOptions
                {
                    Counted = new LogPredecessor(file.Salt, file.LastLsn, file.Length), From = Find(file, stream, rest),
                    BufferBytes = range.LastLsn - next < FewRecords ? SmallBufferBytes : 0,
                });
                while (reader.Read())
                {
                    LogLine line = reader.Line;
                    if (line.IsLastPart)
                    {
                        Remember(file.Salt, reader.End);
                    }
                    if (rest.IsBehind(line))
                    {
                        yield break;
                    }
                    next = Math.Max(next, line.Lsn + 1);
                    if (!rest.IsBefore(line) && wants?.Invoke(reader.Operation, reader.Table) != false)
                    {
                        yield return ToEntry(reader, file.FileName);
                    }
                    if (next > range.LastLsn)
                    {
                        yield break;
                    }
                }
                if (reader.Report.Verdict != LogVerdict.Clean)
                {
                    PhantomDbException damage = reader.Report.ToError();
                    throw file.LastLsn < LastLsn ? Error.LogReadOnBehind(damage, file.LastLsn) : damage;
                }
            }
        }
    }

    // A segment that somebody has removed while the database is open is missing as one that was not there when it was opened.
    private (LogSegmentFile File, Stream Stream)? Open(long lsn, out LogHole? hole)
    {
        hole = files.HoleAt(lsn);
        try
        {
            return hole is null ? files.Open(lsn) : null;
        }
        catch (PhantomDbException error) when (error.SqlState == SqlStates.UndefinedFile)
        {
            if (files.Segments.LastOrDefault(file => file.FirstLsn <= lsn) is not { } file || file.LastLsn < lsn)
            {
                throw;
            }
            hole = new LogHole(lsn, file.LastLsn);
            return null;
        }
    }

    public long FirstLsn => files.FirstLsn;

    public long LastLsn => files.Segments is [.., var last] ? last.LastLsn : 0;

    public Stream OpenSideFile(string fileName) => files.OpenBeside(fileName);

    public IEnumerable<LogEntry> ReadKept(LogRange range, LogWish? wants = null, Action<LogHole>? onHole = null)
    {
        while (true)
        {
            IEnumerator<LogEntry> entries = Read(range with { FirstLsn = Math.Max(range.FirstLsn, FirstLsn) }, wants, onHole ?? (_ => { })).GetEnumerator();
            try
            {
                if (!entries.MoveNext())
                {
                    entries.Dispose();
                    return [];
                }
                return Rest(entries);
            }
            catch (PhantomDbException error) when (error.SqlState == SqlStates.InvalidParameterValue && range.FirstLsn < FirstLsn)
            {
                range = range with { FirstLsn = FirstLsn };   // the oldest segment has just been deleted
            }
        }

        static IEnumerable<LogEntry> Rest(IEnumerator<LogEntry> entries)
        {
            using (entries)
            {
                do
                {
                    yield return entries.Current;
                }
                while (entries.MoveNext());
            }
        }
    }

    public (long First, long Before) SegmentOf(LogRange range)
    {
        long next = SkipTo(range);
        IReadOnlyList<LogSegmentFile> segments = files.Segments;
        for (int i = segments.Count - 1; i >= 0; i--)
        {
            if (segments[i].FirstLsn <= next)
            {
                return (segments[i].FirstLsn, i == 0 ? 0 : segments[i - 1].FirstLsn);
            }
        }
        return (files.FirstLsn, 0);
    }

    // The first LSN of the segment where a range's time begins, or the range's own.
    private long SkipTo(in LogRange range)
    {
        if (range.FirstTime == DateTime.MinValue)
        {
            return range.FirstLsn;
        }
        long firstLsn = range.FirstLsn;
        LogSegmentFile[] segments = [.. files.Segments.Where(file => file.LastLsn >= Math.Max(file.FirstLsn, firstLsn))];
        int low = 0, high = segments.Length;   // those before low begin early enough, those from high on do not
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (FirstTime(segments[middle]) is { } first && first <= range.FirstTime)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }
        return low <= 1 ? firstLsn : Math.Max(firstLsn, segments[low - 1].FirstLsn);
    }

    // Of a segment's first record; null where it cannot be told.
    private DateTime? FirstTime(LogSegmentFile file)
    {
        lock (_gate)
        {
            if (_firstTimes.TryGetValue(file.Salt, out DateTime known))
            {
                return known;
            }
        }
        if (Open(file.FirstLsn, out _) is not var (opened, stream))
        {
            return null;
        }
        using (stream)
        {
            var reader = new LogReader(files.PathOf(opened.FileName), stream,
                new LogReaderOptions { Counted = new LogPredecessor(opened.Salt, opened.LastLsn, opened.Length), BufferBytes = SmallBufferBytes });
            if (opened.Salt != file.Salt || !reader.Read())
            {
                return null;
            }
            lock (_gate)
            {
                return _firstTimes[file.Salt] = reader.Line.Time;
            }
        }
    }

    // Where to begin in a segment: a place that is known, if that is near enough, or one that is looked for.
    private LogPosition? Find(LogSegmentFile file, Stream stream, in LogRange range)
    {
        if (range.FirstLsn <= file.FirstLsn && range.FirstTime == DateTime.MinValue)
        {
            return null;
        }
        (LogPosition? known, long high) = Find(file.Salt, range.FirstLsn, file.Length);
        if (range.FirstTime != DateTime.MinValue)
        {
            high = file.Length;
        }
        long low = known?.Offset ?? 0;
        if (high - low <= NearBytes)
        {
            return known;
        }
        if (known is null)
        {
            byte[] start = new byte[LogHeader.LengthMax];
            if (LogHeader.TryParse(start.AsSpan(0, stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)), out int headerLength) is null)
            {
                return null;
            }
            low = headerLength;
        }
        return new LogSearch(stream, file.Salt, file.Length).Find(file.FirstLsn, low, high, range) ?? known;
    }

    // The place that is known before an LSN, null for the segment's start, and the offset of the next one.
    private (LogPosition? Place, long Next) Find(uint salt, long lsn, long end)
    {
        lock (_gate)
        {
            if (!_indexes.TryGetValue(salt, out Index? index))
            {
                return (null, end);
            }
            index.UsedAt = ++_clock;
            int low = 0, high = index.Places.Count;
            while (low < high)
            {
                int middle = (low + high) / 2;
                if (index.Places[middle].Lsn <= lsn)
                {
                    low = middle + 1;
                }
                else
                {
                    high = middle;
                }
            }
            return (low == 0 ? null : index.Places[low - 1], low < index.Places.Count ? index.Places[low].Offset : end);
        }
    }

    private void Remember(uint salt, LogPosition place)
    {
        lock (_gate)
        {
            if (!_indexes.TryGetValue(salt, out Index? index))
            {
                _indexes.Add(salt, index = new Index());
            }
            long last = index.Places.Count == 0 ? 0 : index.Places[^1].Offset;
            if (place.Offset < last + IndexedBytes)
            {
                return;
            }
            index.UsedAt = ++_clock;
            index.Places.Add(place);
            IndexBytes += PositionBytes;
            while (IndexBytes > indexBytesMax && _indexes.Count > 0)
            {
                KeyValuePair<uint, Index> oldest = _indexes.MinBy(pair => pair.Value.UsedAt);
                IndexBytes -= (long)PositionBytes * oldest.Value.Places.Count;
                _indexes.Remove(oldest.Key);
            }
        }
    }

    private static LogEntry ToEntry(LogReader reader, string fileName)
    {
        string?[]? before = null, after = null, others = null;
        int count = reader.Count;
        switch (reader.Operation)
        {
            case LogOperation.Insert:
                after = Values(reader, 0, count);
                break;
            case LogOperation.Delete:
                before = Values(reader, 0, count);
                break;
            case LogOperation.Update:
                int mark = 0;
                while (mark < count && !reader.IsMark(mark))
                {
                    mark++;
                }
                before = Values(reader, 0, mark);
                after = Values(reader, Math.Min(mark + 1, count), count);
                break;
            default:
                others = Values(reader, 0, count);
                break;
        }
        LogLine line = reader.Line;
        return new LogEntry(line.Lsn, line.Time, line.TransactionId, line.Part, line.PartCount, Encoding.UTF8.GetString(reader.OperationName),
            reader.Table.IsEmpty ? null : Encoding.UTF8.GetString(reader.Table), before, after, others)
        {
            FileName = fileName, Offset = reader.Offset,
        };
    }

    private static string?[] Values(LogReader reader, int start, int end)
    {
        string?[] values = new string?[end - start];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = reader.IsNull(start + i) ? null : Encoding.UTF8.GetString(reader.Value(start + i));
        }
        return values;
    }

    private sealed class Index
    {
        public List<LogPosition> Places { get; } = [];

        public long UsedAt { get; set; }
    }
}
