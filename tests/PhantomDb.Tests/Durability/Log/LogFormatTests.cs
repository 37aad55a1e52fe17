using System.Globalization;
using System.Text;
using CsvHelper;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability;
using PhantomDb.Durability.Log;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Tests.Durability.Log;

[TestClass]
public sealed class LogFormatTests
{
    private static readonly DateTime Time = new DateTime(2026, 11, 21, 12, 0, 3, DateTimeKind.Utc).AddTicks(1204510);

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public void F10_a_line_reads_as_the_format_says()
    {
        var batch = new LogBatch();
        batch.Begin(LogOperation.Update, "accounts"u8);
        batch.Cell("1"u8);
        batch.Null();
        batch.Mark();
        batch.Cell("1"u8);
        batch.Cell(">"u8);
        batch.End();
        batch.Begin(LogOperation.Close, []);
        batch.End();
        var segment = new LogSegmentText(firstLsn: 1202) { Time = Time.AddTicks(-1234560) };
        segment.Write(batch, 4712);

        Assert.MatchesRegex("^1202,2026-11-21T12:00:03.120451Z,4712,1/2,1,UPDATE,accounts,1,,>,1,\">\",[0-9a-f]{8}\n$", segment.Lines[0].Text);
        Assert.MatchesRegex("^1203,2026-11-21T12:00:03.120451Z,4712,2/2,2,CLOSE,,[0-9a-f]{8}\n$", segment.Lines[1].Text);
        CollectionAssert.AreEqual(new[] { "1202|1/2|UPDATE|accounts|1|NULL|>>|1|>", "1203|2/2|CLOSE|" }, LogSegmentText.Read(segment.Bytes).Records);
    }

    [TestMethod]
    public void The_checksum_is_that_of_salt_and_line()
    {
        string line = LogSegmentText.Sample().Lines[0].Text;

        Assert.AreEqual(Checksum.Text(Checksum.Of(Encoding.Latin1.GetBytes("9c41f0aa" + line[..line.LastIndexOf(',')]))), line[^9..^1]);
    }

    [TestMethod]
    public void The_largest_numbers_fit()
    {
        var encoder = new LogEncoder(1);
        encoder.BeginTransaction(DateTime.MaxValue, long.MaxValue, int.MaxValue);
        byte[] target = new byte[LogEncoder.OverheadMax + 6];
        int length = encoder.Encode(long.MaxValue, int.MaxValue, long.MaxValue, "CLOSE,"u8, target);

        Assert.IsTrue(LogLine.IsWhole(target.AsSpan(0, length - 1), LogChecksum.Seed(1)));
        Assert.IsTrue(LogLine.TryParse(target, out LogLine line));
        Assert.AreEqual((long.MaxValue, long.MaxValue, int.MaxValue, int.MaxValue, long.MaxValue),
            (line.Lsn, line.TransactionId, line.Part, line.PartCount, line.Lag));
        Assert.AreEqual("9999-12-31T23:59:59.999999Z", Encoding.ASCII.GetString(target)[20..47]);
        Assert.IsLessThanOrEqualTo(LogEncoder.PrefixLengthMax, line.BodyStart);
    }

    [TestMethod]
    public void Each_transaction_has_its_own_time_and_number_of_records_whatever_the_one_before_had()
    {
        var encoder = new LogEncoder(1);
        byte[] target = new byte[LogEncoder.OverheadMax + 6];
        long transaction = 0;
        foreach ((long microseconds, int count) in new[] { (0L, 1), (123_456, 1), (999_999, 20), (1_000_000, 20), (1_000_001, 1), (5, 3), (3_600_000_000, 3), (3_600_000_007, 4) })
        {
            DateTime time = new DateTime(2026, 11, 21, 12, 0, 3, DateTimeKind.Utc).AddMicroseconds(microseconds);
            encoder.BeginTransaction(time, ++transaction, count);
            encoder.Encode(9, 1, 1, "CLOSE,"u8, target);

            Assert.IsTrue(LogLine.TryParse(target, out LogLine line));
            Assert.AreEqual((time, transaction, count), (line.Time, line.TransactionId, line.PartCount));
        }
    }

    [TestMethod]
    public void A_line_made_in_pieces_is_the_same()
    {
        var encoder = new LogEncoder(7);
        encoder.BeginTransaction(Time, 5, 2);
        byte[] whole = new byte[200], pieces = new byte[200];
        ReadOnlySpan<byte> body = "INSERT,t,1,abc"u8;
        int length = encoder.Encode(10, 2, 3, body, whole);
        int prefix = encoder.EncodePrefix(10, 2, 3, pieces);
        body.CopyTo(pieces.AsSpan(prefix));
        int end = encoder.EncodeEnd(pieces.AsSpan(0, prefix), body, pieces.AsSpan(prefix + body.Length));

        Assert.AreEqual(length, prefix + body.Length + end);
        CollectionAssert.AreEqual(whole, pieces);
    }

    [TestMethod]
    [DataRow("01,2026-11-21T12:00:03.120451Z,1,1/1,1,")]
    [DataRow("0,2026-11-21T12:00:03.120451Z,1,1/1,1,")]
    [DataRow("+1,2026-11-21T12:00:03.120451Z,1,1/1,1,")]
    [DataRow(" 1,2026-11-21T12:00:03.120451Z,1,1/1,1,")]
    [DataRow("9223372036854775808,2026-11-21T12:00:03.120451Z,1,1/1,1,")]
    [DataRow(",2026-11-21T12:00:03.120451Z,1,1/1,1,")]
    [DataRow("1,2026-11-21T12:00:03.12045Z,1,1/1,1,")]
    [DataRow("1,2026-11-21t12:00:03.120451Z,1,1/1,1,")]
    [DataRow("1,2026-02-30T12:00:03.120451Z,1,1/1,1,")]
    [DataRow("1,0000-01-01T12:00:03.120451Z,1,1/1,1,")]
    [DataRow("1,2026-11-21T24:00:03.120451Z,1,1/1,1,")]
    [DataRow("1,2026-11-21T12:00:03.120451Z,,1/1,1,")]
    [DataRow("1,2026-11-21T12:00:03.120451Z,-1,1/1,1,")]
    [DataRow("1,2026-11-21T12:00:03.120451Z,1,0/1,1,")]
    [DataRow("1,2026-11-21T12:00:03.120451Z,1,2/2,1,")]
    [DataRow("1,2026-11-21T12:00:03.120451Z,1,1/0,1,")]
    [DataRow("1,2026-11-21T12:00:03.120451Z,1,1/2147483648,1,")]
    [DataRow("1,2026-11-21T12:00:03.120451Z,1,1,1,")]
    [DataRow("1,2026-11-21T12:00:03.120451Z,1,1/1,0,")]
    [DataRow("1,2026-11-21T12:00:03.120451Z,1,1/1,2,")]
    [DataRow("1,2026-11-21T12:00:03.120451Z,1,1/1,1")]
    [DataRow("1,2026-11-21T12:00:03.120451Z,1,1/1,1x")]
    [DataRow("100,2026-11-21T12:00:03.120451Z,1,1/1,2/,")]
    [DataRow("1,2026-11-21T12:00:03.120451Z")]
    [DataRow("1,2026-11-21")]
    public void A_prefix_that_is_not_as_it_would_be_written_is_none(string prefix)
    {
        Assert.IsFalse(LogLine.TryParse(Encoding.ASCII.GetBytes(prefix), out _));
    }

    [TestMethod]
    [DataRow("INSERT")]
    [DataRow("insert,t")]
    [DataRow(",t")]
    [DataRow("IN SERT,t")]
    [DataRow("\"INSERT\",t")]
    [DataRow("INSERT,t,\"a\"")]
    [DataRow("INSERT,t,a\\b")]
    public void A_line_that_no_encoder_writes_is_damage_though_its_checksum_is_right(string body)
    {
        var segment = new LogSegmentText();
        var encoder = new LogEncoder(LogSegmentText.Salt);
        encoder.BeginTransaction(Time, 1, 1);
        byte[] line = new byte[200];
        int length = encoder.Encode(1, 1, 1, Encoding.ASCII.GetBytes(body), line);

        Assert.AreEqual(LogVerdict.Damaged, LogSegmentText.Read([.. segment.Bytes, .. line[..length]]).Report.Verdict);
    }

    [TestMethod]
    public void A_custom_entry_has_a_name_that_is_none_of_ours()
    {
        foreach (string name in new[] { "MAINTENANCE", "_", "X9", "INSERTS", new string('A', 63) })
        {
            Assert.IsTrue(LogOperationNames.IsCustomName(Encoding.UTF8.GetBytes(name)), name);
        }
        foreach (string name in new[] { "", "9X", "maintenance", "A B", "A,B", "Ä", "PHANTOMDB_X", new string('A', 64) })
        {
            Assert.IsFalse(LogOperationNames.IsCustomName(Encoding.UTF8.GetBytes(name)), name);
        }
        foreach (LogOperation operation in Enum.GetValues<LogOperation>().Where(o => o != LogOperation.Custom))
        {
            Assert.IsFalse(LogOperationNames.IsCustomName(LogOperationNames.Utf8(operation)), operation.ToString());
            Assert.AreEqual(operation, LogOperationNames.Parse(LogOperationNames.Utf8(operation)));
        }
        Assert.AreEqual(LogOperation.Custom, LogOperationNames.Parse("MAINTENANCE"u8));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => LogOperationNames.Utf8(LogOperation.Custom).Length);
    }

    [TestMethod]
    public void T15_values_of_every_type_come_back_and_T14_CsvHelper_reads_equal_cells()
    {
        int seed = DatabaseFileRoundTripTests.Setting("PHANTOMDB_SEED", Environment.TickCount);
        TestContext.WriteLine($"seed {seed}");
        var random = new Random(seed);
        const int RowCount = 2000;
        SqlType[] types = [.. DatabaseFileRoundTripTests.TypeNames.Select(n => TypeText.TryParse(n, out SqlType type) ? type : throw new ArgumentException(n))];
        TextInput[] inputs = [.. types.Select(t => new TextInput(t, DateTimeClock.Fixed))];
        TextOutput[] outputs = [.. types.Select(t => new TextOutput(t, SessionTimeZone.Utc))];
        var segment = new LogSegmentText();
        List<string?[]> rows = [];
        for (int row = 0; row < RowCount; row++)
        {
            string?[] values = [.. DatabaseFileRoundTripTests.TypeNames.Select(n => random.Next(8) == 0 ? null : DatabaseFileRoundTripTests.Value(n, random))];
            rows.Add(values);
            var batch = new LogBatch();
            batch.Begin(LogOperation.Insert, "\"odd, \"\"name\"\"\""u8);
            for (int i = 0; i < types.Length; i++)
            {
                batch.Value(outputs[i], Parsed(types[i], inputs[i], values[i] is { } value ? Encoding.UTF8.GetBytes(value) : null), 0);
            }
            batch.End();
            segment.Write(batch);
        }
        byte[] bytes = segment.Bytes;

        using CsvReader csv = CsvReader.Create(bytes.AsMemory(), new CsvReaderOptions
        {
            Separator = ',', HasHeader = false, MalformedData = CsvMalformedDataHandling.Throw, FieldCountMismatch = CsvFieldCountHandling.Allow, DetectSeparatorHint = false,
        });
        Assert.IsTrue(csv.Read() && csv.Read(), "two lines of header");
        var reader = new LogReader("/data/shop.log", new MemoryStream(bytes));
        foreach (string?[] row in rows)
        {
            Assert.IsTrue(reader.Read());
            Assert.IsTrue(csv.Read());
            Assert.AreEqual(types.Length, reader.Count);
            Assert.AreEqual(types.Length + 8, csv.FieldCount);
            Assert.AreEqual("\"odd, \"\"name\"\"\"", Encoding.UTF8.GetString(reader.Table));
            Assert.AreEqual("\"odd, \"\"name\"\"\"", csv.GetString(6));
            for (int i = 0; i < types.Length; i++)
            {
                Assert.AreEqual(row[i] is null, reader.IsNull(i));
                Assert.AreEqual(row[i] is null, csv.GetRawSpan(7 + i).IsEmpty);
                Assert.IsFalse(reader.IsMark(i));
                string expected = row[i] ?? "", read = Encoding.UTF8.GetString(reader.Value(i));
                Assert.AreEqual(expected, read, $"seed {seed}, {types[i]}");
                Assert.AreEqual(expected.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal), csv.GetString(7 + i));
                if (row[i] is not null)
                {
                    Vector back = Parsed(types[i], inputs[i], reader.Value(i).ToArray());
                    byte[] text = new byte[outputs[i].LengthMax(back, 0)];
                    Assert.AreEqual(expected, Encoding.UTF8.GetString(text, 0, outputs[i].Format(back, 0, text)));
                }
            }
        }
        Assert.IsFalse(reader.Read());
        Assert.AreEqual(LogVerdict.Clean, reader.Report.Verdict);
    }

    [TestMethod]
    public void A_batch_is_used_again_and_forgets_a_record_that_was_not_ended()
    {
        var batch = new LogBatch();
        for (int run = 0; run < 3; run++)
        {
            batch.Begin(LogOperation.Insert, "t"u8);
            batch.Cell(new byte[100_000]);
            batch.Begin(LogOperation.Delete, "t"u8);
            batch.Cell("1"u8);
            batch.End();
            for (int i = 0; i < 10; i++)
            {
                batch.Begin("NOTE"u8, []);
                batch.End();
            }
            Assert.AreEqual(11, batch.RecordCount);
            Assert.AreEqual("DELETE,t,1", Encoding.ASCII.GetString(batch.Body(0)));
            Assert.AreEqual("NOTE,", Encoding.ASCII.GetString(batch.Body(10)));
            Assert.AreEqual(10 + (10 * 5), batch.ByteCount);
            batch.Clear();
            Assert.AreEqual(0, batch.RecordCount + batch.ByteCount + batch.Tables.Length);
        }
    }

    private static Vector Parsed(SqlType type, TextInput input, byte[]? text)
    {
        var vector = new Vector(type.Physical);
        vector.BeginWrite();
        if (text is null)
        {
            vector.SetNull(0);
        }
        else
        {
            input.Parse(text, vector, 0);
        }
        input.End(vector);
        return vector;
    }
}
