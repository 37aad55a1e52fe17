using System.Globalization;
using PhantomDb.Durability.Log;

namespace PhantomDb.Durability.Recovery;

/// <summary>A whole transaction of the log, behind the first bad line.</summary>
internal readonly record struct WholeTransaction(RecoverySegment Segment, LogPosition Start, LogPosition End);

/// <summary>
/// Finds the whole transactions of segments that are damaged, and which LSNs between them are lost. Reads each segment once, however many lines are bad. Applies
/// nothing: that a transaction is whole does not mean that it fits.
/// </summary>
internal sealed class WholeTransactions
{
    private const int BufferBytes = 1 << 16;   // of a reader, of which there is one for each bad place

    private readonly IFileSystem _files;
    private readonly List<WholeTransaction> _found = [];
    private readonly List<RecoveryLoss> _losses = [];
    private long _expected;   // the LSN behind all that was found or is lost

    /// <param name="files">The disk.</param>
    /// <param name="segments">Those behind the database file.</param>
    /// <param name="first">The one with the first bad line.</param>
    /// <param name="fault">Where that is.</param>
    /// <param name="haveLsn">What the database has: that is neither lost nor wanted again.</param>
    public WholeTransactions(IFileSystem files, IReadOnlyList<RecoverySegment> segments, int first, LogSegmentReport fault, long haveLsn)
    {
        _files = files;
        long begin = _expected = Math.Max(fault.End.Lsn, haveLsn + 1);
        for (int i = first; i < segments.Count; i++)
        {
            Find(segments[i], i == first ? fault.Fault : null);
        }
        if (_expected == begin && fault.Fault is { } only && Math.Max(only.ExpectedLsn, fault.LastLsnBehind) >= begin)
        {
            Lose(Math.Max(_expected, fault.LastLsnBehind), only, segments[first]);
        }
    }

    /// <summary>In the order of their LSNs.</summary>
    public IReadOnlyList<WholeTransaction> Found => _found;

    public IReadOnlyList<RecoveryLoss> Losses => _losses;

    /// <summary>The last LSN that the segments have, lost or not.</summary>
    public long EndLsn => _expected - 1;

    /// <summary>Reads one of them, or what stands behind it.</summary>
    public static LogReader ReadFrom(RecoverySegment segment, Stream stream, LogPosition? start) =>
        new(segment.Path, stream, new LogReaderOptions { Counted = segment.Counted, From = start, BufferBytes = BufferBytes, StopsAtFault = true });

    private void Find(RecoverySegment segment, LogFault? bad)
    {
        using Stream stream = _files.OpenRead(segment.Path);
        LogPosition? from = null;
        while (bad is null || (from = Resume(stream, segment, bad, mayBeginThere: from?.Offset != bad.Offset)) is not null)
        {
            LogReader reader = ReadFrom(segment, stream, from);
            LogPosition start = reader.End;
            while (reader.Read())
            {
                if (!reader.Line.IsLastPart)
                {
                    continue;
                }
                if (start.Lsn >= _expected)
                {
                    if (start.Lsn > _expected)
                    {
                        Lose(start.Lsn - 1, bad, segment);
                    }
                    _found.Add(new WholeTransaction(segment, start, reader.End));
                    _expected = reader.End.Lsn;
                }
                start = reader.End;
            }
            bad = reader.Report.Fault;
            if (bad is null)
            {
                break;
            }
        }
        if (segment.Counted is { } counted && counted.LastLsn >= _expected)
        {
            Lose(counted.LastLsn, bad, segment);
        }
    }

    private void Lose(long lastLsn, LogFault? fault, RecoverySegment segment)
    {
        _losses.Add(new RecoveryLoss(_expected, lastLsn, [], fault is null
            ? "it is missing"
            : string.Create(CultureInfo.InvariantCulture, $"{fault.Reason} ({segment.Path}, line {fault.Line}, byte offset {fault.Offset})")));
        _expected = lastLsn + 1;
    }

    // The next transaction that begins behind a bad line; or with it, where that is good and those before it alone are missing.
    private LogPosition? Resume(Stream stream, RecoverySegment segment, LogFault bad, bool mayBeginThere)
    {
        var scanner = new LogLineScanner(stream, Math.Min(LogReserve.LengthWithout(stream), segment.Counted?.Length ?? long.MaxValue), BufferBytes);
        scanner.MoveTo(bad.Offset, bad.Line);
        Checksum seed = LogChecksum.Seed(segment.Header.Salt);
        if (!mayBeginThere)
        {
            scanner.Next();
        }
        for (LogLineKind kind = scanner.Next(); kind != LogLineKind.None; kind = scanner.Next())
        {
            if (kind == LogLineKind.Ended && LogLine.IsWhole(scanner.Line, seed) && LogLine.TryParse(scanner.Line, out LogLine line)
                && line.Part == 1 && line.Lsn >= _expected)
            {
                return new LogPosition(scanner.Offset, scanner.LineNumber, line.Lsn);
            }
        }
        return null;
    }
}
