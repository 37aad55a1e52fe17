using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability;
using PhantomDb.Durability.Log;

namespace PhantomDb.Tests.Durability;

[TestClass]
public sealed class FileHeaderTests
{
    private static readonly FileHeader Header = new("shop", new DateTime(2026, 11, 22, 8, 0, 0, DateTimeKind.Utc), Guid.Parse("6f1c0000-0000-0000-0000-000000000001"), 2, 1205);

    [TestMethod]
    public void A_header_names_the_segments_that_led_to_its_LSN()
    {
        FileHeader marked = Header with { History = SegmentHistory.Empty.With(new SegmentMark(uint.MaxValue, 1)).With(new SegmentMark(0x0c41f0aa, 1201)) };
        Assert.Contains(" | Timeline: 2 | LSN: 1205 | Header: ", Header.ToSealedText());
        Assert.Contains(" | Timeline: 2 | LSN: 1205 | Segments: 0c41f0aa@1201 ffffffff@1 | Header: ", marked.ToSealedText());
        Assert.AreEqual(Header with { DatabaseName = "", GeneratedAt = default }, Read(Header.ToSealedText()));
        Assert.AreEqual(marked with { DatabaseName = "", GeneratedAt = default }, Read(marked.ToSealedText()));
    }

    [TestMethod]
    [DataRow(" | Segments: ")]
    [DataRow(" | Segments: 0c41f0aa")]
    [DataRow(" | Segments: 0c41f0aa@")]
    [DataRow(" | Segments: x@1201")]
    [DataRow(" | Segments: 0c41f0aa@-1")]
    [DataRow(" | Segments: 0c41f0aa@1 0c41f0ab@2")]
    [DataRow(" | Segments: 0c41f0aa@1201 | More: 1")]
    public void Anything_else_in_its_place_is_no_header_of_ours(string mark)
    {
        string text = Header.ToSealedText();
        text = text[..text.IndexOf(" | Header: ", StringComparison.Ordinal)] + mark + " | Header: ";
        Assert.IsNull(Read(text + Checksum.Text(Checksum.Of(Encoding.UTF8.GetBytes(text))) + "\n"));
    }

    private static FileHeader? Read(string text) => FileHeader.TryParse(Encoding.UTF8.GetBytes(text));
}
