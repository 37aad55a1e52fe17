using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Shell.Editing;

namespace PhantomDb.Tests.Shell.Editing;

/// <summary>What was entered is there in the next run, and a file that cannot be had costs nothing else.</summary>
[TestClass]
public sealed class EditHistoryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("phantomdb-history-").FullName;

    private string FilePath => Path.Combine(_folder, "below", "history");

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    [TestMethod]
    public void Entries_of_several_lines_come_back_as_they_were()
    {
        string[] entries = ["SELECT 1;", "SELECT 'a\\n',\n  '\\\\';", "\\d fruit", "SELECT 'ä 漢 😀';", "SELECT 'a\f\u0085\u2028b';"];
        EditHistory history = new(FilePath);
        foreach (string entry in entries)
        {
            history.Add(entry);
        }
        CollectionAssert.AreEqual(entries, new EditHistory(FilePath).Entries.ToArray());
        Assert.HasCount(5, File.ReadAllText(FilePath).TrimEnd('\n').Split('\n'));
        File.WriteAllText(FilePath, "one\r\ntwo\n");
        CollectionAssert.AreEqual(new[] { "one", "two" }, new EditHistory(FilePath).Entries.ToArray());
    }

    [TestMethod]
    public void What_is_the_same_again_or_blank_or_begins_with_a_blank_is_not_kept()
    {
        EditHistory history = new(FilePath);
        foreach (string entry in (string[])["SELECT 1;", "SELECT 1;\n", "", "  ", " SELECT 'secret';", "SELECT 2;", "SELECT 1;"])
        {
            history.Add(entry);
        }
        CollectionAssert.AreEqual(new[] { "SELECT 1;", "SELECT 2;", "SELECT 1;" }, history.Entries.ToArray());
        CollectionAssert.AreEqual(history.Entries.ToArray(), File.ReadAllLines(FilePath));
    }

    [TestMethod]
    public void Two_shells_side_by_side_do_not_lose_each_other_s()
    {
        EditHistory first = new(FilePath), second = new(FilePath);
        first.Add("one");
        second.Add("two");
        first.Add("three");
        CollectionAssert.AreEqual(new[] { "one", "two", "three" }, new EditHistory(FilePath).Entries.ToArray());
        CollectionAssert.AreEqual(new[] { "one", "three" }, first.Entries.ToArray());
    }

    [TestMethod]
    public void Shells_that_enter_at_the_same_time_lose_and_garble_nothing_while_others_cut_the_file()
    {
        const int ShellCount = 6, EntryCount = 200;
        Directory.CreateDirectory(Path.GetDirectoryName(FilePath)!);
        File.WriteAllLines(FilePath, Enumerable.Range(0, 2 * EditHistory.KeptCount - 10).Select(i => $"before {i}"));
        using Barrier start = new(ShellCount);
        Thread[] shells = [.. Enumerable.Range(0, ShellCount).Select(shell => new Thread(() =>
        {
            EditHistory history = new(FilePath);
            start.SignalAndWait();
            for (int i = 0; i < EntryCount; i++)
            {
                history.Add($"SELECT {shell}, {i}, '{new string('x', i % 17)}';");
                if (i % 50 == shell)
                {
                    history = new EditHistory(FilePath);
                }
            }
        }))];
        Array.ForEach(shells, shell => shell.Start());
        Array.ForEach(shells, shell => shell.Join());
        string[] lines = File.ReadAllLines(FilePath);
        Assert.IsLessThan(2 * EditHistory.KeptCount, lines.Length);   // it was cut meanwhile
        string[] entries = [.. lines.Where(line => !line.StartsWith("before ", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        string[] expected = [.. Enumerable.Range(0, ShellCount).SelectMany(shell => Enumerable.Range(0, EntryCount).Select(i => $"SELECT {shell}, {i}, '{new string('x', i % 17)}';"))];
        CollectionAssert.AreEqual(expected.Order(StringComparer.Ordinal).ToArray(), entries);
    }

    [TestMethod]
    public void A_file_that_has_grown_to_twice_what_is_kept_is_cut()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(FilePath)!);
        File.WriteAllLines(FilePath, Enumerable.Range(0, (2 * EditHistory.KeptCount) + 1).Select(i => $"entry {i}"));
        EditHistory history = new(FilePath);
        Assert.HasCount(EditHistory.KeptCount, history.Entries);
        Assert.AreEqual($"entry {2 * EditHistory.KeptCount}", history.Entries[^1]);
        Assert.HasCount(EditHistory.KeptCount, File.ReadAllLines(FilePath));
    }

    [TestMethod]
    public void Only_its_owner_may_read_it()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Inconclusive("Skipped: Windows has other rights.");
            return;
        }
        new EditHistory(FilePath).Add("SELECT 1;");
        Assert.AreEqual(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(FilePath));
    }

    [TestMethod]
    public void A_file_that_cannot_be_had_costs_the_history_alone()
    {
        Directory.CreateDirectory(FilePath);   // a folder in its place
        EditHistory history = new(FilePath);
        history.Add("SELECT 1;");
        CollectionAssert.AreEqual(new[] { "SELECT 1;" }, history.Entries.ToArray());
    }
}
