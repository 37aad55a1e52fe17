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
}
