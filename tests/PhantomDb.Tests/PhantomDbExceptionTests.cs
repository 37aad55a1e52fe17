using System.Data.Common;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests;

[TestClass]
public sealed class PhantomDbExceptionTests
{
    [TestMethod]
    [DataRow("40001", true)]
    [DataRow("40P01", true)]
    [DataRow("55P03", true)]
    [DataRow("57014", false)]
    [DataRow("23505", false)]
    [DataRow("08007", false)]
    public void What_may_pass_when_it_is_run_again_is_transient(string sqlState, bool isTransient)
    {
        DbException error = new PhantomDbException(sqlState, "an error");
        Assert.AreEqual(isTransient, error.IsTransient);
    }

    [TestMethod]
    public void Its_text_for_logs_has_all_that_helps()
    {
        PhantomDbException error = new("XX001", "a line is damaged", new IOException("the disk")) { Detail = "The checksum differs.", Hint = "phantomdb repair shop", Where = "shop.db, line 7" };
        string[] lines = error.ToString().Split(Environment.NewLine);
        CollectionAssert.AreEqual(
            new[]
            {
                "PhantomDb.PhantomDbException: XX001: a line is damaged", "DETAIL: The checksum differs.", "HINT: phantomdb repair shop", "WHERE: shop.db, line 7",
                " ---> System.IO.IOException: the disk", "   --- End of inner exception stack trace ---",
            },
            lines);
        Assert.AreEqual("PhantomDb.PhantomDbException: 42601: an error", new PhantomDbException("42601", "an error").ToString());
        string thrown = Assert.ThrowsExactly<PhantomDbException>(() => throw new PhantomDbException("42601", "an error")).ToString();
        Assert.StartsWith($"PhantomDb.PhantomDbException: 42601: an error{Environment.NewLine}   at ", thrown);
        Assert.Contains(nameof(Its_text_for_logs_has_all_that_helps), thrown);
    }
}
