using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability;
using PhantomDb.Durability.Recovery;

namespace PhantomDb.Tests.Durability.Recovery;

[TestClass]
public sealed class ChecksumPartsTests
{
    [TestMethod]
    [DataRow(0, 0)]
    [DataRow(1, 0)]
    [DataRow(0, 1)]
    [DataRow(3, 5)]
    [DataRow(100, 16384)]
    [DataRow(70000, 1)]
    public void The_checksum_of_the_first_part_follows_from_those_of_all_and_the_rest(int firstLength, int lastLength)
    {
        byte[] bytes = new byte[firstLength + lastLength];
        new Random(7).NextBytes(bytes);

        uint first = ChecksumParts.WithoutLast(Checksum.Of(bytes), Checksum.Of(bytes.AsSpan(firstLength)), lastLength);

        Assert.AreEqual(Checksum.Of(bytes.AsSpan(0, firstLength)), first);
    }
}
