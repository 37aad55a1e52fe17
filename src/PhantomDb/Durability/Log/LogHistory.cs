using System.Text;
using PhantomDb.Errors;

namespace PhantomDb.Durability.Log;

/// <summary>
/// Reads records from any LSN on, over all segments, in a stream and verified. Where it has read it keeps a place every so many bytes, so that it
/// need not begin at a segment's start again; the segments used longest ago lose theirs first. For any thread.
/// </summary>
internal sealed class LogHistory(LogFiles files, long indexBytesMax)
{
    private const int IndexedBytes = 1 << 16;   // between two places
    private const int PositionBytes = 24;

    private readonly object _gate = new();
    private readonly Dictionary<uint, Index> _indexes = [];   // by the segment's salt
    private long _clock;

    /// <summary>Memory that places take.</summary>
    public long IndexBytes { get; private set; }

    /// <summary>Records behind an LSN; ends with the last that was written when it came there.</summary>
    public IEnumerable<LogEntry> ReadAfter(long lsn)
    {
        long next = lsn + 1;
        while (files.Open(next) is var (file, stream))
        {
            using (stream)
            {
                var reader = new LogReader(files.PathOf(file.FileName), stream,
                    new LogReaderOptions { Counted = new LogPredecessor(file.Salt, file.LastLsn, file.Length), From = Find(file.Salt, next) });
                while (reader.Read())
                {
                    if (reader.Line.IsLastPart)
                    {
                        Remember(file.Salt, reader.End);
                    }
                    if (reader.Line.Lsn >= next)
                    {
                        next = reader.Line.Lsn + 1;
                        yield return ToEntry(reader);
                    }
                }
                if (reader.Report.Verdict != LogVerdict.Clean)
                {
                    throw reader.Report.ToError();
                }
            }
        }
    }

    /// <summary>A place at or before an LSN; null for the segment's start.</summary>
    private LogPosition? Find(uint salt, long lsn)
    {
        lock (_gate)
        {
            if (!_indexes.TryGetValue(salt, out Index? index))
            {
                return null;
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
            return low == 0 ? null : index.Places[low - 1];
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

    private static LogEntry ToEntry(LogReader reader)
    {
        string?[] values = new string?[reader.Count];
        int after = -1, count = 0;
        for (int i = 0; i < values.Length; i++)
        {
            if (after < 0 && reader.Operation == LogOperation.Update && reader.IsMark(i))
            {
                after = count;
                continue;
            }
            values[count++] = reader.IsNull(i) ? null : Encoding.UTF8.GetString(reader.Value(i));
        }
        LogLine line = reader.Line;
        return new LogEntry(line.Lsn, line.Time, line.TransactionId, line.Part, line.PartCount, Encoding.UTF8.GetString(reader.OperationName),
            reader.Table.IsEmpty ? null : Encoding.UTF8.GetString(reader.Table), count == values.Length ? values : values[..count], after);
    }

    private sealed class Index
    {
        public List<LogPosition> Places { get; } = [];

        public long UsedAt { get; set; }
    }
}
