using System.Reflection;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Promises;

/// <summary>
/// What databases of this kind have promised, by numbers: each has a test whose name has its number.
/// P: files, log, snapshots; L: asynchronous persistence; F: the log's writer; K: segments and crashes; A: a store of decisions; T: kinds of crash tests (docs/testing.md).
/// </summary>
[TestClass]
public sealed class PromiseListTests
{
    private static readonly (string Letter, int Count)[] Promises = [("P", 14), ("L", 11), ("F", 10), ("K", 7), ("A", 8), ("T", 17)];

    [TestMethod]
    public void Each_promise_has_a_test_with_its_number()
    {
        HashSet<string> numbers =
        [
            .. typeof(PromiseListTests).Assembly.GetTypes().SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance))
                .Where(method => method.IsDefined(typeof(TestMethodAttribute)) && !method.IsDefined(typeof(IgnoreAttribute))).SelectMany(method => method.Name.Split('_')),
        ];
        string[] missing = [.. Promises.SelectMany(p => Enumerable.Range(1, p.Count).Select(number => $"{p.Letter}{number}")).Where(number => !numbers.Contains(number))];

        Assert.IsEmpty(missing, string.Join(' ', missing));
    }
}
