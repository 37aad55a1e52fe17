using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using PhantomDb.Errors;
using PhantomDb.Types;

namespace PhantomDb.Durability.Log;

/// <summary>What is known of a segment from elsewhere.</summary>
internal sealed record LogReaderOptions
{
    /// <summary>Nothing more was to be written: it must end with its seal, unless <see cref="Counted"/> tells its end.</summary>
    public bool IsSealed { get; init; }

    /// <summary>What its successor's header counts of it: all of that must be there, and what lies behind is ignored.</summary>
    public LogPredecessor? Counted { get; init; }

    /// <summary>The log had reached at least this LSN.</summary>
    public long DurableLsn { get; init; }

    /// <summary>What is missing or bad up to here matters to nobody: behind it the segment is read on, where a transaction begins there at the latest.</summary>
    public long CoveredLsn { get; init; }

    /// <summary>The LSN that the log ended with; null where it may have had any number of records.</summary>
    public long? EndLsn { get; init; }

    /// <summary>Where to begin; the first transaction if null.</summary>
    public LogPosition? From { get; init; }

    /// <summary>True for who goes on behind a bad line by himself: nothing is looked for there, and the report has no more than the fault.</summary>
    public bool StopsAtFault { get; init; }

    /// <summary>Read at once, for who wants few records; 0: as is best for many.</summary>
    public int BufferBytes { get; init; }
}

/// <summary>
/// Reads a segment, verifying every byte, and gives the records of whole transactions in order. At the first bad line it reads on, line
/// by line, for evidence alone, and then gives its verdict. Does not apply, repair or cut anything.
/// <code>
/// expected LSN b, bad line there, then any valid line with LSN - LAG >= b: b was on the disk  -> damaged
/// the same without such a line, whole transactions behind it                               -> doubtful
/// nothing whole behind it                                                                  -> torn
/// a valid line in a wrong place, a bad line in what is sealed or farther from the end than bytes can be unflushed -> damaged
/// </code>
/// Only what somebody has already (<see cref="LogReaderOptions.CoveredLsn"/>) may be bad with good records behind it: where the LSNs go on is proved by the checksums, which have the
/// segment's salt.
/// Memory is a buffer, and one line where that is longer: a transaction longer than the buffer is verified first and read again. The
/// stream must be seekable and stays open. Spans are valid until the next record.
/// </summary>
internal sealed class LogReader : LogRecordCursor
{
    private readonly string _path;
    private readonly Stream _stream;
    private readonly LogReaderOptions _options;
    private readonly long _length;
    private readonly long _limit;      // bytes that are read
    private readonly LogLineScanner _scanner = null!;
    private readonly Checksum _seed;
    private LogSeal? _seal;
    private bool _isSealInPlace;
    private LogLine _line;
    private LogPosition _end;          // behind the last whole transaction
    private int _partsLeft;            // of a transaction that is known to be whole
    private long _transactionCount;
    private long _recordCount;
    private string _reason = "";       // of the bad line
    private string? _proof;
    private LogSegmentReport? _report;
    private readonly List<LogGap> _passedOver = [];

    /// <summary>Reads the header. Throws 0A000 for a version that is not ours; a header that is damaged is a matter of the report.</summary>
    public LogReader(string path, Stream stream, LogReaderOptions? options = null)
    {
        _path = path;
        _stream = stream;
        _options = options ?? new LogReaderOptions();
        _length = LogReserve.LengthWithout(stream);
        byte[] start = ReadAt(0, (int)Math.Min(_length, LogHeader.LengthMax));
        Header = LogHeader.TryParse(start, out int headerLength);
        if (Header is null)
        {
            _report = ReportOfHeader(start);
            return;
        }
        if (!Header.IsOfKnownVersion)
        {
            throw Error.FileVersion(path, Header.Version);
        }
        Debug.Assert(_options.Counted is null || _options.Counted.Salt == Header.Salt, "counted is another segment");
        _seed = LogChecksum.Seed(Header.Salt);
        _limit = LimitOf(Header);
        _end = _options.From ?? new LogPosition(headerLength, 3, Header.FirstLsn);
        _scanner = new LogLineScanner(stream, _limit, _options.BufferBytes);
        _scanner.MoveTo(_end.Offset, _end.Line);
    }

    public override LogHeader? Header { get; }

    /// <summary>Null while the segment goes on.</summary>
    public LogSeal? Seal => _seal;

    /// <summary>Where the seal begins, or what was written ends.</summary>
    public long EndOfLines => _limit;

    public override LogPosition End => _end;

    public override LogSegmentReport Report => _report ?? throw new InvalidOperationException("the segment has not been read to its end");

    [MethodImpl(HotLoop.Options)]
    public override bool Read()
    {
        if (_partsLeft > 0)
        {
            _partsLeft--;
            ReadAgain();
        }
        else if (_report is not null || !TryReadTransaction())
        {
            return false;
        }
        (Line, Offset, LineNumber) = (_line, _scanner.Offset, _scanner.LineNumber);
        return true;
    }

    [MethodImpl(HotLoop.Options)]
    private bool TryReadTransaction()
    {
        LogPosition start;
        long bad;
        do
        {
            _scanner.Release();
            start = _end;
            if (_scanner.Next() == LogLineKind.None)
            {
                _report = ReportOfEnd();
                return false;
            }
            bad = BadLsn(start);
        }
        while (bad > 0 && TryPassOver(start, bad));
        if (bad > 0)
        {
            _report ??= Judge(bad);
            return false;
        }
        int partCount = _line.PartCount;
        _end = new LogPosition(_scanner.NextOffset, _scanner.LineNumber + 1, start.Lsn + partCount);
        _transactionCount++;
        _recordCount += partCount;
        if (partCount > 1)
        {
            _scanner.MoveTo(start.Offset, start.Line);
            _partsLeft = partCount - 1;
            ReadAgain();
        }
        return true;
    }

    // Goes to the last line of the transaction whose first one the scanner stands at; 0 where all are good, else the LSN that was expected where it stands then.
    [MethodImpl(HotLoop.Options)]
    private long BadLsn(LogPosition start)
    {
        if (!IsGood(start.Lsn, 1))
        {
            return start.Lsn;
        }
        int partCount = _line.PartCount;
        if (partCount > 1)
        {
            _scanner.Hold();
            for (int part = 2; part <= partCount; part++)
            {
                LogLine previous = _line;
                _scanner.Next();
                if (!IsGood(start.Lsn + part - 1, part) || !IsSameTransaction(previous))
                {
                    return start.Lsn + part - 1;
                }
            }
        }
        return 0;
    }

    // From a bad line of a transaction on. The scanner stands at that line again where it cannot be, and a report is there where nothing needed is behind it.
    private bool TryPassOver(LogPosition start, long badLsn)
    {
        if (start.Lsn > _options.CoveredLsn)
        {
            return false;
        }
        LogPosition bad = new(_scanner.Offset, _scanner.LineNumber, badLsn);
        var fault = new LogFault(bad.Offset, bad.Line, badLsn, _reason);
        _scanner.Release();
        for (LogLineKind kind = _scanner.Kind; kind != LogLineKind.None; kind = _scanner.Next())
        {
            if (kind != LogLineKind.Ended || !LogLine.IsWhole(_scanner.Line, _seed) || !TryParseLine() || _line.Part != 1 || _line.Lsn < badLsn
                || (_line.Lsn == start.Lsn && _scanner.Offset == start.Offset))
            {
                continue;
            }
            if (_line.Lsn > _options.CoveredLsn + 1)
            {
                break;
            }
            _passedOver.Add(new LogGap(fault, _line.Lsn - 1));
            _end = new LogPosition(_scanner.Offset, _scanner.LineNumber, _line.Lsn);
            _scanner.MoveTo(_end.Offset, _end.Line);
            return true;
        }
        if (_scanner.Kind == LogLineKind.None && (_options.Counted?.LastLsn ?? _seal?.LastLsn ?? _options.EndLsn) is { } lastLsn && lastLsn <= _options.CoveredLsn)
        {
            _passedOver.Add(new LogGap(fault, lastLsn));
            _end = new LogPosition(_limit, bad.Line, Math.Max(lastLsn + 1, start.Lsn));
            _report = ReportOfEnd();
            return false;
        }
        _scanner.MoveTo(bad.Offset, bad.Line);
        _scanner.Next();
        return false;
    }

    // Whether the scanner's line is the record that belongs here; if not, why, and whether that proves that it is no torn end.
    [MethodImpl(HotLoop.Options)]
    private bool IsGood(long lsn, int part)
    {
        switch (_scanner.Kind)
        {
            case LogLineKind.None:
                return Bad("the transaction is not whole");
            case LogLineKind.Cut:
                return Bad("the file ends within a line");
            case LogLineKind.Unreadable:
                return Bad("the line does not begin as a record does");
        }
        if (!LogLine.IsWhole(_scanner.Line, _seed))
        {
            return Bad("the checksum of the line does not match");
        }
        const string Proof = "Its checksum is right, so it was not written there";
        if (!TryParseLine())
        {
            return Bad("the line is not as a record is written", "Its checksum is right");
        }
        if (_line.Lsn != lsn)
        {
            return Bad(string.Create(CultureInfo.InvariantCulture, $"the line has LSN {_line.Lsn}"), Proof);
        }
        if (_line.Part != part)
        {
            return Bad(string.Create(CultureInfo.InvariantCulture, $"the line is part {_line.Part}/{_line.PartCount} where part {part} belongs"), Proof);
        }
        return _line.DurableLsn >= Header!.FirstLsn - 1 || Bad("the lag of the line reaches before the segment", "Its checksum is right");
    }

    private bool IsSameTransaction(LogLine previous) =>
        (_line.TransactionId == previous.TransactionId && _line.PartCount == previous.PartCount && _line.Time == previous.Time)
        || Bad("the line belongs to another transaction", "Its checksum is right, so it was not written there");

    private bool Bad(string reason, string? proof = null)
    {
        _reason = reason;
        _proof = proof;
        return false;
    }

    [MethodImpl(HotLoop.Options)]
    private bool TryParseLine()
    {
        ReadOnlySpan<byte> line = _scanner.Line;
        if (!LogLine.TryParse(line, out _line) || _line.BodyStart > line.Length - LogLine.EndLength)
        {
            return false;
        }
        int bodyLength = line.Length - LogLine.EndLength - _line.BodyStart;
        return Cells.TrySplit(_scanner.Buffer, _scanner.Start + _line.BodyStart, bodyLength) && Cells.IsRecord;
    }

    private void ReadAgain()
    {
        if (_scanner.Next() != LogLineKind.Ended || !LogLine.IsWhole(_scanner.Line, _seed) || !TryParseLine())
        {
            throw Error.FileFailed("read", _path, "its content changed meanwhile");
        }
    }

    private LogSegmentReport ReportOfEnd()
    {
        const string Short = "the log had reached further";
        long lastLsn = _end.Lsn - 1;
        string? reason = _options switch
        {
            _ when _end.Offset > _limit => "the segment ends before where it had been read",
            { Counted: { } counted } when counted.LastLsn != lastLsn || counted.Length != _end.Offset =>
                "the segment ends before what its successor counts of it",
            { Counted: not null } => null,
            _ when _seal is not null && (_seal.LastLsn != lastLsn || !_isSealInPlace) => "the seal is of other content",
            { IsSealed: true } when _seal is null => "its seal is missing",
            _ when _options.DurableLsn > lastLsn => Short,
            _ => null,
        };
        return new LogSegmentReport(_path, reason is null ? LogVerdict.Clean : LogVerdict.Damaged, _end, _length)
        {
            IsShort = reason == Short, PassedOver = _passedOver,
            Header = Header, Seal = _seal, TransactionCount = _transactionCount, RecordCount = _recordCount, IgnoredBytes = IgnoredBytes(),
            Fault = reason is null ? null : new LogFault(_end.Offset, _end.Line, _end.Lsn, reason),
        };
    }

    // The scanner stands at the bad line.
    private LogSegmentReport Judge(long expectedLsn)
    {
        var fault = new LogFault(_scanner.Offset, _scanner.LineNumber, expectedLsn, _reason);
        bool isEnd = _scanner.Kind == LogLineKind.None;
        long badEnd = _scanner.IsReadable ? _scanner.NextOffset : _scanner.Offset + LogEncoder.PrefixLengthMax;   // a bad byte is before it
        if (_options.IsSealed || _options.Counted is not null || _seal is not null)
        {
            _proof ??= "The segment is sealed, so that nothing of it can be torn";
        }
        else if (_options.DurableLsn >= expectedLsn)
        {
            _proof ??= string.Create(CultureInfo.InvariantCulture, $"The log had reached LSN {_options.DurableLsn}");
        }
        else if (!isEnd && _length - badEnd > Header!.UnflushedMax)
        {
            _proof ??= string.Create(CultureInfo.InvariantCulture, $"It is more than {Header.UnflushedMax} bytes from the end, so that it had been on the disk");
        }
        long transactions = 0, lastLsn = 0;
        if (!_options.StopsAtFault)
        {
            CountBehind(expectedLsn, out transactions, out lastLsn);
        }
        LogVerdict verdict = _proof is not null ? LogVerdict.Damaged : transactions > 0 ? LogVerdict.Doubtful : LogVerdict.Torn;
        return new LogSegmentReport(_path, verdict, _end, _length)
        {
            PassedOver = _passedOver, Header = Header, Seal = _seal, Fault = fault, Proof = _proof, TransactionCount = _transactionCount, RecordCount = _recordCount,
            TransactionsBehind = transactions, LastLsnBehind = lastLsn, IgnoredBytes = IgnoredBytes(),
        };
    }

    // From the bad line on, which may be a good one in a wrong place: evidence, and what is whole.
    private void CountBehind(long expectedLsn, out long transactions, out long lastLsn)
    {
        _scanner.Release();
        transactions = lastLsn = 0;
        LogLine previous = default;
        bool isRun = false;
        for (LogLineKind kind = _scanner.Kind; kind != LogLineKind.None; kind = _scanner.Next())
        {
            if (kind != LogLineKind.Ended || ((!LogLine.IsWhole(_scanner.Line, _seed) || !TryParseLine()) && !LogLine.TryParseEnd(_scanner.Line, _seed, out _line)))
            {
                isRun = false;
                continue;
            }
            if (_line.DurableLsn >= expectedLsn)
            {
                _proof ??= string.Create(CultureInfo.InvariantCulture,
                    $"Line {_scanner.LineNumber}, with LSN {_line.Lsn}, says that LSN {_line.DurableLsn} had been on the disk");
            }
            isRun = _line.Part == 1 || (isRun && _line.Lsn == previous.Lsn + 1 && _line.Part == previous.Part + 1
                && _line.PartCount == previous.PartCount && _line.TransactionId == previous.TransactionId);
            previous = _line;
            if (isRun && _line.IsLastPart && _line.Lsn >= expectedLsn)
            {
                transactions++;
                lastLsn = Math.Max(lastLsn, _line.Lsn);
            }
        }
    }

    // Up to where the file is read: what counts, or to its seal, or all of it.
    private long LimitOf(LogHeader header)
    {
        int tailLength = (int)Math.Min(_length, LogSeal.LengthMax);
        _seal = LogSeal.TryParseEnd(ReadAt(_length - tailLength, tailLength), header.Salt);
        long sealOffset = _seal is null ? _length : _length - _seal.ToBytes(header.Salt).Length;
        _isSealInPlace = _seal?.Length == sealOffset;
        return _options.Counted is { } counted ? Math.Min(counted.Length, _length) : sealOffset;
    }

    private long IgnoredBytes()
    {
        if (_options.Counted is not { } counted || counted.Length >= _length)
        {
            return 0;
        }
        return _isSealInPlace && _seal!.Length == counted.Length ? 0 : _length - counted.Length;
    }

    // Where the start of a header is all that there is, the segment was never begun: the header is flushed before any record.
    private LogSegmentReport ReportOfHeader(ReadOnlySpan<byte> start)
    {
        bool isTorn = _length <= LogHeader.LengthMax && !_options.IsSealed && _options.Counted is null && LogHeader.IsStart(start.TrimEnd((byte)0));
        return new LogSegmentReport(_path, isTorn ? LogVerdict.Torn : LogVerdict.Damaged, new LogPosition(0, 1, 0), _length)
        {
            Fault = new LogFault(0, 1, 0, isTorn ? "the header is not whole" : "the header is damaged"),
        };
    }

    private byte[] ReadAt(long offset, int count)
    {
        byte[] bytes = new byte[count];
        _stream.Position = offset;
        return bytes.AsSpan(0, _stream.ReadAtLeast(bytes, count, throwOnEndOfStream: false)).ToArray();
    }
}
