using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Fuzz.Copies;
using PhantomDb.Fuzz.Files;
using PhantomDb.Fuzz.Folders;
using PhantomDb.Fuzz.Memory;
using PhantomDb.Fuzz.Readers;
using PhantomDb.Fuzz.Running;
using PhantomDb.Fuzz.Statements;
using PhantomDb.Parsing;

namespace PhantomDb.Tests.Fuzz;

/// <summary>A slice of what tests/PhantomDb.Fuzz does (docs/testing.md). PHANTOMDB_SEED gives another slice.</summary>
[TestClass]
public sealed class FuzzTests
{
    private static readonly int Seed = int.TryParse(Environment.GetEnvironmentVariable("PHANTOMDB_SEED"), out int seed) ? seed : 20261121;

    // A test machine may be busy; the database itself ends each statement after two seconds.
    private static readonly TimeSpan HardLimit = TimeSpan.FromMinutes(3);

    [TestMethod]
    public void Mutated_statements_give_a_result_or_an_error_with_a_SQLSTATE_and_right_answers() =>
        AssertClean(new StatementFuzzer(Seed, Journal.None) { UsesDatasets = false, HardLimit = HardLimit }.Run(2500));

    [TestMethod]
    public void Mutated_database_files_are_refused_with_file_and_line_or_open_whole() =>
        AssertClean(new FileFuzzer(Seed, Journal.None) { HardLimit = HardLimit }.Run(500));

    [TestMethod]
    public void T13_mutated_and_forged_files_give_their_reader_what_their_checksums_prove_or_an_error_with_its_place() =>
        AssertClean(new ReaderFuzzer(Seed, Journal.None) { HardLimit = HardLimit, FailureCountMax = 20 }.Run(20_000));

    [TestMethod]
    [DataRow(1, 225)]             // a seal's sections outside of the file
    [DataRow(11, 47104)]          // a snapshot's name with leading zeros
    [DataRow(11, 214956)]         // a damaged version line and a lost end
    [DataRow(21, 1619543)]        // a block that begins in the middle of a row
    [DataRow(22, 4886)]           // a checksum's line in a quoted value
    [DataRow(20261121, 3794)]     // a record with too few values
    public void T13_files_that_were_taken_wrongly_once(int seed, int number) =>
        AssertClean(new ReaderFuzzer(seed, Journal.None) { HardLimit = HardLimit }.Run(0, number));

    [TestMethod]
    public void T13_mutated_and_forged_folders_of_files_are_refused_with_their_place_or_open_as_a_state_of_the_true_history() =>
        AssertClean(new FolderFuzzer(Seed, Journal.None) { HardLimit = HardLimit, FailureCountMax = 20 }.Run(3000));

    [TestMethod]
    public void Copies_of_a_database_whose_files_come_together_open_with_all_that_is_newest_or_are_refused_where_they_have_parted() =>
        AssertClean(new CopyFuzzer(Seed, Journal.None) { HardLimit = HardLimit, FailureCountMax = 20 }.Run(200));

    [TestMethod]
    [DoNotParallelize]
    public void Statements_that_want_ten_times_the_memory_fail_with_53200_and_leave_nothing_behind() =>
        AssertClean(new MemoryFuzzer(4L << 20, Journal.None) { ChecksResident = false, HardLimit = HardLimit }.Run());

    [TestMethod]
    public void Statements_cut_into_tokens_and_joined_again_still_parse()
    {
        StatementCorpus corpus = StatementCorpus.Load(withDatasets: false);
        // Tokens know no nested comments, and a newline between two strings is lost.
        string[] broken = [.. corpus.All.Where(sql => Parses(sql) && !sql.Contains("/*", StringComparison.Ordinal) && !sql.Contains("'\n'", StringComparison.Ordinal)).Where(sql => !Parses(SqlTokens.Join(SqlTokens.Split(sql))))];

        Assert.IsEmpty(broken, string.Join("\n\n", broken.Take(5)));
    }

    private static bool Parses(string sql)
    {
        try
        {
            SqlParser.Parse(sql);
            return true;
        }
        catch (PhantomDbException)
        {
            return false;
        }
    }

    private static void AssertClean(FuzzReport report) => Assert.IsEmpty(report.Failures, string.Join("\n\n", report.Failures));
}
