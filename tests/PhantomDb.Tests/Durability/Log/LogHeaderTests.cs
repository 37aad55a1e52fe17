using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;

namespace PhantomDb.Tests.Durability.Log;

[TestClass]
public sealed class LogHeaderTests
{
    private static readonly LogHeader First = new("shop", Guid.Parse("6f1c0000-0000-0000-0000-000000000001"), 1, 1, 1, 0x0c41f0aa, 1 << 24, null);

    private static readonly LogHeader Later =
        new("my shop, ä", Guid.NewGuid(), int.MaxValue, 7, long.MaxValue, uint.MaxValue, 1, new LogPredecessor(0, long.MaxValue - 1, 67108123));

    [TestMethod]
    public void A_header_comes_back_as_it_was_written()
    {
        foreach (LogHeader header in new[] { First, Later, First with { IsBehindFile = true }, First with { IsBehindFile = true, SaltBefore = 0x0badc0de }, Later with { SaltBefore = 0 }, First with { DatabaseName = "" }, First with { DatabaseName = new string('a', 200) } })
        {
            byte[] bytes = [.. header.ToBytes(), .. "1,"u8];

            Assert.AreEqual(header, LogHeader.TryParse(bytes, out int length));
            Assert.AreEqual(bytes.Length - 2, length);
        }
        StringAssert.StartsWith(Encoding.UTF8.GetString(First.ToBytes()),
            "# PhantomDB Transaction Log | Database: shop | Version: 1 | Id: 6f1c0000000000000000000000000001 | Timeline: 1 | Segment: 1 | FirstLSN: 1 | Salt: 0c41f0aa | Unflushed: 16777216 | Previous: none | Header: ");
        StringAssert.Contains(Encoding.UTF8.GetString((First with { IsBehindFile = true }).ToBytes()), " | Unflushed: 16777216 | Previous: file | Header: ");
        StringAssert.Contains(Encoding.UTF8.GetString((First with { IsBehindFile = true, SaltBefore = 0x0badc0de }).ToBytes()), " | Previous: file | Before: 0badc0de | Header: ");
        StringAssert.Contains(Encoding.UTF8.GetString((Later with { SaltBefore = 0 }).ToBytes()), " | PreviousLength: 67108123 | Before: 00000000 | Header: ");
    }

    [TestMethod]
    [DataRow(40L, 7u, 7u, null, 7u)]       // the predecessor has it: nothing need be said
    [DataRow(40L, 7u, 5u, 5u, 5u)]         // the predecessor has no records
    [DataRow(40L, 7u, null, 0u, null)]     // nobody knows
    [DataRow(30L, 7u, 7u, 7u, 7u)]         // between the two a file has what the log could not take
    [DataRow(30L, 7u, null, null, null)]
    [DataRow(null, 7u, 7u, 7u, 7u)]        // behind a file
    [DataRow(null, 7u, null, null, null)]
    public void A_header_says_which_segment_has_the_LSN_before_its_first(long? predecessorLsn, uint predecessor, uint? marked, uint? written, uint? known)
    {
        LogHeader header = new LogHeader("shop", Guid.NewGuid(), 1, 9, 41, 99, 1 << 24, predecessorLsn is { } lsn ? new LogPredecessor(predecessor, lsn, 500) : null)
            .Behind(marked is { } salt ? new SegmentMark(salt, 12) : null);
        Assert.AreEqual((written, known), (header.SaltBefore, header.KnownSaltBefore));
        Assert.AreEqual(header, LogHeader.TryParse(header.ToBytes(), out _));
    }

    [TestMethod]
    public void Only_a_first_segment_that_no_file_stands_before_has_all_that_there_ever_was()
    {
        Assert.IsTrue(First.IsFromNothing);
        Assert.IsFalse((First with { IsBehindFile = true }).IsFromNothing);
        Assert.IsFalse((First with { FirstLsn = 2 }).IsFromNothing);
        Assert.IsFalse(Later.IsFromNothing);
    }

    [TestMethod]
    public void A_header_with_any_bit_flipped_is_none()
    {
        byte[] bytes = Later.ToBytes();
        for (int bit = 0; bit < 8 * bytes.Length; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.IsNull(LogHeader.TryParse(bytes, out _), $"bit {bit}");
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [TestMethod]
    [DataRow("Timeline: 1 ", "Timeline: 01 ")]
    [DataRow("Timeline: 1 ", "Timeline: 0 ")]
    [DataRow("Segment: 1 ", "Segment: -1 ")]
    [DataRow("Salt: 0c41f0aa", "Salt: 0C41F0AA")]
    [DataRow("Salt: 0c41f0aa", "Salt: c41f0aa")]
    [DataRow("Previous: none", "Previous: 00000000 | PreviousLSN: 1 | PreviousLength: 2")]
    [DataRow(" | Previous: none", "")]
    [DataRow("Previous: none", "Previous: File")]
    [DataRow("FirstLSN: 1 ", "FirstLSN: 99999999999999999999 ")]
    public void Another_spelling_is_none_though_its_checksum_is_right(string from, string to)
    {
        Assert.IsNull(LogHeader.TryParse(Altered(from, to), out _));
    }

    [TestMethod]
    public void A_name_cannot_break_the_header()
    {
        LogHeader odd = First with { DatabaseName = "a | Version: 2\n\"x\"" };

        Assert.AreEqual("a _ Version: 2__x_", LogHeader.TryParse(odd.ToBytes(), out _)!.DatabaseName);
        Assert.AreEqual(new string('a', 200), LogHeader.TryParse((First with { DatabaseName = new string('a', 201) }).ToBytes(), out _)!.DatabaseName, "so long that it fits");
    }

    [TestMethod]
    public void A_later_version_is_told_from_damage()
    {
        byte[] bytes = Altered("Version: 1 | Id", "Version: 2 | New: x | Id");

        LogHeader later = LogHeader.TryParse(bytes, out int length)!;
        Assert.AreEqual((false, "2", "", 0), (later.IsOfKnownVersion, later.Version, later.DatabaseName, length), "nothing else is known of it");
        Assert.IsNull(LogHeader.TryParse([.. "x"u8, .. bytes], out _), "something else, with a version");
        Assert.AreEqual("0A000", Assert.ThrowsExactly<PhantomDbException>(() => new LogReader("/x.log", new MemoryStream(bytes))).SqlState);
    }

    [TestMethod]
    public void A_header_that_was_being_written_is_torn_and_any_other_that_is_not_whole_damaged()
    {
        byte[] bytes = First.ToBytes();
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.AreEqual(LogVerdict.Torn, LogSegmentText.Read(bytes[..length]).Report.Verdict, $"{length} bytes");
            Assert.AreEqual(LogVerdict.Torn, LogSegmentText.Read([.. bytes[..length], 0, 0, 0]).Report.Verdict, $"{length} bytes, and zeros");
            Assert.AreEqual(LogVerdict.Damaged, LogSegmentText.Read(bytes[..length], new LogReaderOptions { IsSealed = true }).Report.Verdict);
        }
        Assert.AreEqual(LogVerdict.Clean, LogSegmentText.Read(bytes).Report.Verdict);
        Assert.AreEqual(LogVerdict.Damaged, LogSegmentText.Read(Altered("Timeline: 1 ", "Timeline: 01 ")).Report.Verdict, "all of it, and wrong");
        int columns = bytes.AsSpan().IndexOf((byte)'\n') + 1;
        bytes[columns - 2] ^= 1;
        Assert.AreEqual(LogVerdict.Damaged, LogSegmentText.Read(bytes[..(columns + 5)]).Report.Verdict, "the line that was whole is damaged");
        Assert.IsFalse(LogHeader.HasChecksum("12345"u8));
        Assert.AreEqual(LogVerdict.Damaged, LogSegmentText.Read(new byte[5000]).Report.Verdict);
        Assert.AreEqual(LogVerdict.Damaged, LogSegmentText.Read("something else\n"u8.ToArray()).Report.Verdict);
    }

    private static byte[] Altered(string from, string to)
    {
        string text = Encoding.UTF8.GetString(First.ToBytes());
        Assert.Contains(from, text);
        string line = text.Split('\n')[0].Replace(from, to, StringComparison.Ordinal)[..^8];
        return Encoding.UTF8.GetBytes($"{line}{PhantomDb.Durability.Checksum.Text(PhantomDb.Durability.Checksum.Of(Encoding.UTF8.GetBytes(line)))}\n{LogHeader.ColumnsLine}\n");
    }
}
