using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests;

[TestClass]
public sealed class RepositoryPathsTests
{
    [TestMethod]
    public void The_root_holds_the_solution() =>
        Assert.IsTrue(File.Exists(RepositoryPaths.InRepository("PhantomDb.sln")));

    [TestMethod]
    public void A_missing_data_set_ends_the_test_as_inconclusive_which_counts_as_skipped() =>
        Assert.ThrowsExactly<AssertInconclusiveException>(
            () => RepositoryPaths.SkipIfMissing(RepositoryPaths.InRepository("no such data set")));
}
