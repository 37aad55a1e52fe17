using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;

namespace PhantomDb.Tests.Durability.Recovery;

/// <summary>Which transactions behind a bad line are whole, and which LSNs are lost.</summary>
[TestClass]
public sealed class WholeTransactionsTests : RecoveryTest
{
    private RecoverySegment _first = null!, _second = null!;

    // LSN 1; 2; 3; 4 and 5; 6 in a sealed segment, 7; 8 behind it.
    private void Write()
    {
        Log.Commit(Users).Commit("INSERT,users,2,b").Commit("INSERT,users,3,c").Commit("INSERT,users,4,d", "INSERT,users,5,e").Commit("INSERT,users,6,f");
        LogHeader first = Log.Header;
        string path = Log.Rotate();
        Log.Commit("INSERT,users,7,g").Commit("INSERT,users,8,h");
        Log.Save();
        _first = new RecoverySegment(path, first, Log.Header.Predecessor);
        _second = new RecoverySegment(ActivePath, Log.Header, null);
    }

    private void Break(RecoverySegment segment, string text)
    {
        byte[] bytes = [.. Disk.Files[segment.Path]];
        bytes[Encoding.ASCII.GetString(bytes).IndexOf(text, StringComparison.Ordinal)] ^= 1;
        Disk.Files[segment.Path] = bytes;
    }

    private void AssertFound(string expected, long haveLsn = 0, int first = 0)
    {
        RecoverySegment[] segments = [_first, _second];
        using Stream stream = Disk.OpenRead(segments[first].Path);
        var reader = new LogReader(segments[first].Path, stream, new LogReaderOptions { Counted = segments[first].Counted });
        while (reader.Read())
        {
        }
        var whole = new WholeTransactions(Disk, segments, first, reader.Report, haveLsn);
        Assert.AreEqual(expected, string.Join(' ', whole.Found.Select(found => $"{found.Start.Lsn}-{found.End.Lsn - 1}")) + " | "
            + string.Join(' ', whole.Losses.Select(loss => $"{loss.FirstLsn}-{loss.LastLsn}")) + $" | {whole.EndLsn}");
        foreach (WholeTransaction found in whole.Found)
        {
            using Stream again = Disk.OpenRead(found.Segment.Path);
            LogReader one = WholeTransactions.ReadFrom(found.Segment, again, found.Start);
            Assert.IsTrue(one.Read());
            Assert.AreEqual(found.Start.Lsn, one.Line.Lsn);
        }
        foreach (RecoveryLoss loss in whole.Losses.Where(loss => loss.Reason != "it is missing"))
        {
            StringAssert.Matches(loss.Reason, new System.Text.RegularExpressions.Regex(@"^the .+ \(/data/shop.*\.log, line [0-9]+, byte offset [0-9]+\)$"));
        }
    }

    [TestMethod]
    public void What_stands_behind_a_bad_line_is_found_and_the_line_is_lost()
    {
        Write();
        Break(_first, "2,b");
        AssertFound("3-3 4-5 6-6 7-7 8-8 | 2-2 | 8");
        Break(_first, "6,f");
        AssertFound("3-3 4-5 7-7 8-8 | 2-2 6-6 | 8");
        Break(_second, "7,g");
        AssertFound("3-3 4-5 8-8 | 2-2 6-6 7-7 | 8");
    }

    [TestMethod]
    public void A_transaction_with_one_bad_line_is_lost_as_a_whole()
    {
        Write();
        Break(_first, "5,e");
        AssertFound("6-6 7-7 8-8 | 4-5 | 8");
    }

    [TestMethod]
    public void What_the_database_has_is_neither_lost_nor_found()
    {
        Write();
        Break(_first, "2,b");
        AssertFound("3-3 4-5 6-6 7-7 8-8 |  | 8", haveLsn: 2);
        AssertFound("6-6 7-7 8-8 |  | 8", haveLsn: 5);
        AssertFound("8-8 |  | 8", haveLsn: 7);
        AssertFound(" |  | 8", haveLsn: 8);
    }

    [TestMethod]
    public void A_bad_line_at_the_end_is_lost_where_the_log_had_it()
    {
        Write();
        Break(_second, "8,h");
        AssertFound(" | 8-8 | 8", first: 1);
        Break(_second, "7,g");
        AssertFound(" | 7-7 | 7", first: 1);
        AssertFound(" |  | 8", haveLsn: 8, first: 1);
    }

    [TestMethod]
    public void What_a_segment_lacks_of_what_its_successor_counts_is_missing_and_what_it_has_besides_does_not_count()
    {
        Write();
        byte[] bytes = Disk.Files[_first.Path];
        int at = Encoding.ASCII.GetString(bytes).IndexOf("# End", StringComparison.Ordinal);
        int last = Array.LastIndexOf(bytes, (byte)'\n', at - 2) + 1;
        Disk.Files[_first.Path] = bytes[..last];
        AssertFound("7-7 8-8 | 6-6 | 8");
        RecoverySegment whole = _first;
        _first = whole with { Counted = new LogPredecessor(whole.Header.Salt, 5, last) };
        Disk.Files[_first.Path] = bytes;
        Break(_first, "2,b");
        AssertFound("3-3 4-5 7-7 8-8 | 2-2 6-6 | 8");
    }
}
