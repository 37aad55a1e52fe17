using PhantomDb.SqlLogicTests;

namespace PhantomDb.Tests.Scripts;

[TestClass]
public sealed class ExceptionListTests
{
    [TestMethod]
    public void Empty_lines_and_comments_are_allowed()
    {
        var list = ExceptionList.Parse("/", "list", ["# why", "", "a/b.test:12   # reason", "a/b.test:7"]);
        Assert.AreEqual(2, list.Entries.Count);
        Assert.IsTrue(list.Contains("a/b.test", 12));
        Assert.IsTrue(list.Contains("a\\b.test", 7));
        Assert.IsFalse(list.Contains("b.test", 12));
    }

    [TestMethod]
    public void A_line_without_a_number_is_refused_with_its_place()
    {
        var failure = Assert.ThrowsExactly<SltFormatException>(() => ExceptionList.Parse("/", "list", ["a:1", "b.test"]));
        StringAssert.StartsWith(failure.Message, "list:2:");
    }
}
