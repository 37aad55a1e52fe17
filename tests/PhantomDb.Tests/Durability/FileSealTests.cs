using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability;

namespace PhantomDb.Tests.Durability;

/// <summary>Seals whose own checksum fits: which of them are taken.</summary>
[TestClass]
public sealed class FileSealTests
{
    private static readonly FileSeal Good = new(
        [new SectionSeal(0, 100, 2, 1, []), new SectionSeal(100, 300, 20, 2, [new BlockSeal(150, 100, 10, 3), new BlockSeal(250, 150, 10, 4)])], 400, 5);

    [TestMethod]
    public void A_seal_is_read_as_it_was_written() => Assert.AreEqual(Good.ToText(), FileSeal.TryParse(Good.ToText())?.ToText());

    // Fuzz readers, seed 1, number 225: what was read by such numbers ended the recovery with an error of the stream, or of arithmetic.
    [TestMethod]
    [DataRow(0L, 100L, 2L, DisplayName = "over the section before")]
    [DataRow(400L, 1L, 0L, DisplayName = "behind the end")]
    [DataRow(401L, 0L, 0L, DisplayName = "begins behind the end")]
    [DataRow(100L, 301L, 0L, DisplayName = "ends behind the end")]
    [DataRow(100L, long.MaxValue, 0L, DisplayName = "ends behind all numbers")]
    [DataRow(100L, 300L, 301L, DisplayName = "more rows than bytes")]
    [DataRow(100L, 300L, long.MaxValue - 2, DisplayName = "more rows than numbers")]
    public void A_section_that_cannot_be_is_no_seal(long offset, long length, long rowCount) =>
        Assert.IsNull(FileSeal.TryParse((Good with { Sections = [Good.Sections[0], new SectionSeal(offset, length, rowCount, 2, [])] }).ToText()));

    [TestMethod]
    [DataRow(99L, 10L, 1L, DisplayName = "before its section")]
    [DataRow(390L, 11L, 1L, DisplayName = "ends behind its section")]
    [DataRow(401L, 0L, 0L, DisplayName = "behind its section")]
    [DataRow(240L, 10L, 1L, DisplayName = "over the block before")]
    [DataRow(250L, 10L, 11L, DisplayName = "more rows than bytes")]
    public void A_block_that_cannot_be_is_no_seal(long offset, long length, long rowCount) =>
        Assert.IsNull(FileSeal.TryParse((Good with { Sections = [Good.Sections[1] with { Blocks = [Good.Sections[1].Blocks[0], new BlockSeal(offset, length, rowCount, 4)] }] }).ToText()));
}
