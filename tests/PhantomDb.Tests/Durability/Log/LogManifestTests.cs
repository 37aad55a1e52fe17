using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;

namespace PhantomDb.Tests.Durability.Log;

[TestClass]
public sealed class LogManifestTests
{
    private static readonly Guid Id = new("6f1c0000000000000000000000000001");

    private static readonly DateTime Time = new DateTime(2026, 11, 21, 2, 21, 7, DateTimeKind.Utc).AddTicks(1204510);

    private static readonly LogManifest Sample = new("shop", Id, 3,
    [
        new(LogManifest.Reached, "", 20480, 20481, 0, Time),
        new(LogManifest.Segment, "shop_log_20261121_022107_1201.log", 1201, 20480, 67108123, Time),
        new(LogManifest.Open, "shop.log", 20481, 20481, 402, Time),
        new(LogManifest.Load, "shop_load_20261121_120001_004711", 20477, 20477, 0, Time),
        new(LogManifest.Snapshot, "shop_snapshot_20261121_022500", 20470, 20470, long.MaxValue, Time),
        new(LogManifest.SnapshotPin, "before the \"move\", or so", 20470, 0, 0, Time),
        new(LogManifest.Pin, "audit", 1201, 0, 0, Time),
        new(LogManifest.Pin, "\"", 7, 0, 0, Time),
    ]);

    [TestMethod]
    public void A_manifest_reads_as_the_format_says_and_comes_back_as_it_was_written()
    {
        byte[] bytes = Sample.ToBytes();

        Assert.MatchesRegex(""""
            ^# PhantomDB Manifest \| Database: shop \| Version: 1 \| Id: 6f1c0000000000000000000000000001 \| Timeline: 3
            KIND,NAME,FIRST,LAST,BYTES,TIME
            reached,,20480,20481,0,2026-11-21T02:21:07.120451Z
            segment,shop_log_20261121_022107_1201.log,1201,20480,67108123,2026-11-21T02:21:07.120451Z
            open,shop.log,20481,20481,402,2026-11-21T02:21:07.120451Z
            load,shop_load_20261121_120001_004711,20477,20477,0,2026-11-21T02:21:07.120451Z
            snapshot,shop_snapshot_20261121_022500,20470,20470,9223372036854775807,2026-11-21T02:21:07.120451Z
            keep,"before the ""move"", or so",20470,0,0,2026-11-21T02:21:07.120451Z
            pin,audit,1201,0,0,2026-11-21T02:21:07.120451Z
            pin,"{4},7,0,0,2026-11-21T02:21:07.120451Z
            # End \| CRC: [0-9a-f]{8}
            $
            """".ReplaceLineEndings("\n"), Encoding.UTF8.GetString(bytes));
        AssertEqual(Sample, LogManifest.TryParse(bytes)!);
    }

    [TestMethod]
    public void A_manifest_with_any_bit_flipped_or_any_byte_lost_is_none()
    {
        byte[] bytes = Sample.ToBytes();
        for (int bit = 0; bit < 8 * bytes.Length; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.IsNull(LogManifest.TryParse(bytes), $"bit {bit}");
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.IsNull(LogManifest.TryParse(bytes.AsSpan(0, length)), $"{length} bytes");
        }
        Assert.IsNull(LogManifest.TryParse([.. bytes, (byte)'\n']));
    }

    [TestMethod]
    [DataRow("Database: shop", "Database: other")]   // whose files these are not
    [DataRow("Timeline: 3", "Timeline: 03")]
    [DataRow("Timeline: 3", "Timeline: -3")]
    [DataRow("Timeline: 3", "Timeline: 2147483648")]
    [DataRow("Timeline: 3", "")]
    [DataRow("Id: 6f1c", "Id: 6F1C")]
    [DataRow("Id: 6f1c", "Id: 6f1")]
    [DataRow(" | Id: 6f1c", " | New: x | Id: 6f1c")]
    [DataRow("# PhantomDB Manifest", "# PhantomDB manifest")]
    [DataRow("KIND,NAME", "kind,name")]
    [DataRow("reached,,20480,", "reached,,020480,")]
    [DataRow("reached,,20480,", "reached,,-20480,")]
    [DataRow("reached,,20480,", "reached,,9223372036854775808,")]
    [DataRow("reached,,20480,", "reached,20480,")]
    [DataRow("reached,,20480,", "reached,,20480,1,")]
    [DataRow("reached,,20480,", "reached,\"\",20480,")]
    [DataRow("pin,audit,", "pin,\"audit\",")]
    [DataRow("pin,audit,", "pin,au\"dit,")]
    [DataRow("or so\",", "or so\"x,")]
    [DataRow("0,0,2026-11-21T02:21:07.120451Z\npin", "0,0,2026-11-21T02:21:07.12045Z\npin")]
    [DataRow("0,0,2026-11-21T02:21:07.120451Z\npin", "0,0,2026-13-21T02:21:07.120451Z\npin")]
    [DataRow("\npin,audit", "\n\npin,audit")]
    [DataRow("\npin,audit", "\r\npin,audit")]
    [DataRow("open,shop.log,", "open,other.log,")]
    [DataRow("open,shop.log,", "open,../shop.log,")]
    [DataRow("segment,shop_log_20261121_022107_1201.log,", "segment,other_log_20261121_022107_1201.log,")]
    [DataRow("segment,shop_log_20261121_022107_1201.log,", "segment,shop_log_20261121_1201.log,")]
    public void Another_spelling_is_none_though_its_checksum_is_right(string from, string to) => Assert.IsNull(LogManifest.TryParse(Altered(from, to)));

    [TestMethod]
    public void Names_cannot_break_the_manifest()
    {
        foreach (string name in new[] { "a | Version: 1 | Id: b", "a | Timeline: 2", "", "a,\"b", "ä€😀" })
        {
            LogManifest odd = new(name, Id, 1, [new(LogManifest.Segment, name + ".log", 1, 2, 3, Time), new(LogManifest.Pin, name, 1, 0, 0, Time)]);
            AssertEqual(odd, LogManifest.TryParse(odd.ToBytes())!);
        }
        LogManifest lines = new("a\nb", Id, 1, [new(LogManifest.Pin, "c\r\nd", 1, 0, 0, Time)]);
        AssertEqual(new LogManifest("a_b", Id, 1, [new(LogManifest.Pin, "c__d", 1, 0, 0, Time)]), LogManifest.TryParse(lines.ToBytes())!);
    }

    [TestMethod]
    public void A_manifest_of_nothing_is_one_and_names_nothing()
    {
        LogManifest none = LogManifest.TryParse(new LogManifest("shop", Id, 1, []).ToBytes())!;

        Assert.AreEqual((0L, 0L, null), (none.ReachedLsn, none.ContentLsn, none.OpenSegment));
        Assert.IsEmpty(none.Pins);
        Assert.IsEmpty(none.SnapshotRows);
    }

    [TestMethod]
    public void A_manifest_tells_how_far_the_log_was_what_was_being_written_and_what_keeps_what()
    {
        Assert.AreEqual((20481L, 20480L), (Sample.ReachedLsn, Sample.ContentLsn));
        Assert.AreEqual("shop.log", Sample.OpenSegment!.Name);
        CollectionAssert.AreEqual(new[] { new LogPin("audit", 1201), new LogPin("\"", 7) }, Sample.Pins.ToArray());
        CollectionAssert.AreEqual(Sample.Rows.Skip(4).Take(2).ToArray(), Sample.SnapshotRows.ToArray());
    }

    [TestMethod]
    public void Where_the_last_change_is_not_known_all_that_was_reached_is_content()
    {
        LogManifest unknown = LogManifest.Of("shop", Id, 1, Time, 0, 9, [], []);

        Assert.AreEqual((9L, 9L), (unknown.ReachedLsn, unknown.ContentLsn));
        Assert.AreEqual(1, LogManifest.Of("shop", Id, 1, Time, 1, 9, [], []).ContentLsn);
    }

    [TestMethod]
    public void What_was_reached_comes_first_then_the_files_then_the_pins()
    {
        LogManifest made = LogManifest.Of("shop", Id, 3, Time, 20480, 20481, Sample.Rows.Skip(1).Take(5), [new LogPin("audit", 1201), new LogPin("\"", 7)]);

        AssertEqual(Sample, made);
    }

    [TestMethod]
    public void A_later_version_is_told_from_ours_from_damage_and_from_anything_else()
    {
        Assert.AreEqual("2", LogManifest.LaterVersion(Altered("Version: 1 | Id", "Version: 2 | New: x | Id")));
        Assert.AreEqual("2", LogManifest.LaterVersion(Altered("Database: shop | Version: 1", "Database: a | Version: 1 | Version: 2")));
        Assert.AreEqual("12", LogManifest.LaterVersion(Encoding.ASCII.GetBytes("# PhantomDB Manifest | Database: shop | Version: 12")));
        Assert.IsNull(LogManifest.LaterVersion(Sample.ToBytes()));
        Assert.IsNull(LogManifest.LaterVersion(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(Sample.ToBytes()).Replace("Version: 1", "Version: 3", StringComparison.Ordinal))), "a bit flipped in the number");
        Assert.IsNull(LogManifest.LaterVersion([]));
        Assert.IsNull(LogManifest.LaterVersion("# PhantomDB Manifest | Database: shop\n | Version: 2"u8));
        Assert.IsNull(LogManifest.LaterVersion("# PhantomDB Transaction Log | Database: shop | Version: 2 | Id"u8));
    }

    [TestMethod]
    public void It_takes_the_place_of_the_one_that_is_there_when_it_is_whole_on_the_disk()
    {
        var disk = new MemoryFileSystem();
        disk.Files["/data/shop.manifest"] = [1, 2, 3];
        Sample.Write("/data", disk);

        CollectionAssert.AreEqual(Sample.ToBytes(), disk.Files["/data/shop.manifest"]);
        Assert.HasCount(1, disk.Files);
        CollectionAssert.AreEqual(new[] { "create shop.manifest.new", "write shop.manifest.new", "flush shop.manifest.new", "rename shop.manifest.new", "flush folder data" }, disk.Calls);
    }

    private static byte[] Altered(string from, string to)
    {
        string text = Encoding.UTF8.GetString(Sample.ToBytes());
        Assert.Contains(from, text);
        byte[] rows = Encoding.UTF8.GetBytes(text[..text.LastIndexOf("# End", StringComparison.Ordinal)].Replace(from, to, StringComparison.Ordinal));
        return [.. rows, .. Encoding.ASCII.GetBytes($"# End | CRC: {PhantomDb.Durability.Checksum.Text(PhantomDb.Durability.Checksum.Of(rows))}\n")];
    }

    private static void AssertEqual(LogManifest expected, LogManifest actual)
    {
        Assert.AreEqual((expected.DatabaseName, expected.Id, expected.Timeline), (actual.DatabaseName, actual.Id, actual.Timeline));
        CollectionAssert.AreEqual(expected.Rows.ToArray(), actual.Rows.ToArray());
    }
}
