using System.Diagnostics;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Fuzz.Folders;

namespace PhantomDb.Tests.Durability.Recovery;

/// <summary>Damage of every kind to each file of a whole folder: never wrong data, never a loss without a sound, always a place.</summary>
[TestClass]
public sealed class FolderDamageTests
{
    private static readonly SampleFolder[] Samples = [.. Enum.GetValues<SampleEnd>().Select(SampleFolder.Make)];

    // Every byte is the command's, docs/testing.md; of each so many one is looked at here, others with another seed.
    private const int Step = 16;

    private static readonly int Seed = int.TryParse(Environment.GetEnvironmentVariable("PHANTOMDB_SEED"), out int seed) ? seed : 1;

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public void The_samples_are_recovered_whole()
    {
        foreach (SampleFolder sample in Samples)
        {
            var check = new FolderCheck(sample);
            Assert.IsNull(check.Check(sample.Files), sample.End.ToString());
            Assert.AreEqual("CLEAN", check.Outcomes.Keys.Single());
            Assert.IsGreaterThan(8, sample.Contents.Count);
        }
    }

    [TestMethod]
    public void T3_every_truncation_of_every_file_of_a_folder() => Run((sample, damage) => sample.Files.Keys.SelectMany(damage.Truncations));

    [TestMethod]
    public void T4_bits_and_bytes_of_every_file_of_a_folder() =>
        Run((sample, damage) => sample.Files.Keys.SelectMany(path => damage.Bytes(path, Step, Seed % Step)));

    [TestMethod]
    public void T4_blocks_zeroed_swapped_and_stale_in_every_file_of_a_folder() => Run((sample, damage) => sample.Files.Keys.SelectMany(damage.Blocks));

    [TestMethod]
    public void T5_lines_lost_repeated_and_swapped_in_every_file_of_a_folder() => Run((sample, damage) => sample.Files.Keys.SelectMany(damage.Lines));

    [TestMethod]
    public void T5_files_missing_foreign_older_and_under_other_names()
    {
        SampleFolder foreign = SampleFolder.Foreign();
        Run((_, damage) => damage.Mixtures(foreign));
    }

    private void Run(Func<SampleFolder, FolderDamage, IEnumerable<DamagedFolder>> damages)
    {
        long start = Stopwatch.GetTimestamp();
        List<string> problems = [];
        foreach (SampleFolder sample in Samples)
        {
            var check = new FolderCheck(sample);
            foreach (DamagedFolder damaged in damages(sample, new FolderDamage(sample)))
            {
                if (check.Check(damaged.Files) is { } problem)
                {
                    problems.Add($"{sample.End}, {damaged.What}: {problem}");
                }
            }
            TestContext.WriteLine($"{sample.End}: {check.Count} folders, {string.Join(", ", check.Outcomes.Select(o => $"{o.Key} {o.Value}"))}");
        }
        TestContext.WriteLine($"{Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s");
        Assert.IsEmpty(problems, $"{problems.Count} problems:\n{string.Join('\n', problems.Take(30))}");
    }
}
