using System.Text;
using PhantomDb.Durability.Log;

namespace PhantomDb.Tests.Durability.Log;

/// <summary>A line of a segment that a test has made, line feed included.</summary>
internal sealed record WrittenLine(long Lsn, long DurableLsn, int Part, int PartCount, byte[] Bytes)
{
    public string Text => Encoding.Latin1.GetString(Bytes);
}

/// <summary>
/// Makes segments for tests. Lines that are written together have the same lag's base; <see cref="Flush"/> moves it.
/// </summary>
internal sealed class LogSegmentText
{
    public const uint Salt = 0x9c41f0aa;

    private readonly LogEncoder _encoder;
    private long _durableLsn;

    public LogSegmentText(uint salt = Salt, long firstLsn = 1, long unflushedMax = 1 << 24)
    {
        Header = new LogHeader("shop", new Guid("6f1c0000000000000000000000000001"), 1, 7, firstLsn, salt, unflushedMax,
            firstLsn == 1 ? null : new LogPredecessor(0x7e11ab02, firstLsn - 1, 4711));
        _encoder = new LogEncoder(salt);
        NextLsn = firstLsn;
        _durableLsn = firstLsn - 1;
    }

    public LogHeader Header { get; }

    public List<WrittenLine> Lines { get; } = [];

    public long NextLsn { get; private set; }

    public DateTime Time { get; set; } = new(2026, 11, 21, 12, 0, 3, DateTimeKind.Utc);

    public byte[] Bytes => [.. Header.ToBytes(), .. Lines.SelectMany(line => line.Bytes)];

    public byte[] Sealed()
    {
        byte[] bytes = Bytes;
        return [.. bytes, .. new LogSeal(NextLsn - 1, bytes.Length).ToBytes(Header.Salt)];
    }

    /// <summary>All that was written is on the disk.</summary>
    public LogSegmentText Flush()
    {
        _durableLsn = NextLsn - 1;
        return this;
    }

    public LogSegmentText Write(LogBatch batch, long transactionId = 0)
    {
        Time = Time.AddTicks(1234560);
        _encoder.BeginTransaction(Time, transactionId == 0 ? 4700 + NextLsn : transactionId, batch.RecordCount);
        for (int i = 0; i < batch.RecordCount; i++)
        {
            byte[] line = new byte[batch.Body(i).Length + LogEncoder.OverheadMax];
            int length = _encoder.Encode(NextLsn, i + 1, NextLsn - _durableLsn, batch.Body(i), line);
            Lines.Add(new WrittenLine(NextLsn++, _durableLsn, i + 1, batch.RecordCount, line[..length]));
        }
        return this;
    }

    /// <summary>A transaction of so many inserted rows.</summary>
    public LogSegmentText Insert(int count, string text = "Jane Smith")
    {
        var batch = new LogBatch();
        for (int i = 0; i < count; i++)
        {
            batch.Begin(LogOperation.Insert, "users"u8);
            batch.Cell(Encoding.UTF8.GetBytes($"{NextLsn + i}"));
            batch.Cell(Encoding.UTF8.GetBytes(text));
            batch.Null();
            batch.End();
        }
        return Write(batch);
    }

    /// <summary>Several transactions, flushed in groups, the last group not.</summary>
    public static LogSegmentText Sample(uint salt = Salt, long firstLsn = 1201) =>
        new LogSegmentText(salt, firstLsn).Insert(1).Insert(2, "two\nlines, \"quoted\"").Flush()
            .Insert(3, ">").Insert(1, "").Flush().Insert(1, "C:\\new\r").Insert(2).Flush().Insert(1).Flush().Insert(2, "ä€😀");

    /// <summary>Reads all, and gives the records as text.</summary>
    public static (LogSegmentReport Report, List<string> Records) Read(byte[] bytes, LogReaderOptions? options = null)
    {
        var reader = new LogReader("/data/shop.log", new MemoryStream(bytes), options);
        List<string> records = [];
        while (reader.Read())
        {
            var text = new StringBuilder($"{reader.Line.Lsn}|{reader.Line.Part}/{reader.Line.PartCount}|{Encoding.UTF8.GetString(reader.OperationName)}|{Encoding.UTF8.GetString(reader.Table)}");
            for (int i = 0; i < reader.Count; i++)
            {
                text.Append('|').Append(reader.IsNull(i) ? "NULL" : reader.IsMark(i) ? ">>" : Encoding.UTF8.GetString(reader.Value(i)));
            }
            records.Add(text.ToString());
        }
        return (reader.Report, records);
    }
}
