using PhantomDb.SqlLogicTests;

namespace PhantomDb.Tests.Scripts;

/// <summary>Runs each script under tests/sql on PhantomDB.</summary>
[TestClass]
public sealed class SqlScriptTests
{
    private const int FailuresShownMax = 5;

    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(60);

    public static IEnumerable<object[]> Scripts => SqlScripts.Paths.Select(path => new object[] { path });

    [TestMethod]
    [DynamicData(nameof(Scripts))]
    public void Script_gives_what_PostgreSQL_gave(string path)
    {
        using var connection = new PhantomDbConnection();
        var report = SltRunner.Run(SqlScripts.Read(path), connection, new SltRunOptions
        {
            IsListed = line => SqlScripts.NotYet.Contains(path, line),
            TimeLimit = TimeLimit,
            Datasets = DatasetFolder.Locate(AppContext.BaseDirectory),
        });

        if (report.Failures.Count > 0)
        {
            Assert.Fail($"{report.FailedCount} records failed\n" + string.Join('\n', report.Failures.Take(FailuresShownMax).Select(f => FailureText.Of(path, f))));
        }

        if (report.ListedButPassing.Count > 0)
        {
            Assert.Fail("These records pass now. Take their lines out of tests/sql/not-yet.txt:\n" + string.Join('\n', report.ListedButPassing.Select(line => $"{path}:{line}")));
        }

        if (report.PassedCount == 0 && report.Note is { } note)
        {
            Assert.Inconclusive(note);
        }
    }
}
