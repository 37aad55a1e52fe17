using PhantomDb.SqlLogicTests;

namespace PhantomDb.Tests.Scripts;

/// <summary>The scripts themselves, without running them.</summary>
[TestClass]
public sealed class SqlScriptFormatTests
{
    [TestMethod]
    public void Every_query_of_a_script_says_what_it_gives()
    {
        var paths = SqlScripts.Paths.ToList();
        Assert.IsTrue(paths.Count > 0);
        var withoutResult =
            from path in paths
            from record in SqlScripts.Read(path).Records
            where record is SltQuery { Expected: null }
            select $"{path}:{record.Line}";
        Assert.AreEqual("", string.Join(", ", withoutResult));
    }

    [TestMethod]
    public void Every_entry_of_not_yet_names_a_record()
    {
        var lines = SqlScripts.Paths.ToDictionary(p => p, p => SqlScripts.Read(p).Records.Select(r => r.Line).ToHashSet());
        var strays = SqlScripts.NotYet.Entries.Where(e => !lines.TryGetValue(e.Path, out var known) || !known.Contains(e.Line));
        Assert.AreEqual("", string.Join(", ", strays.Select(e => $"{e.Path}:{e.Line}")));
    }
}
