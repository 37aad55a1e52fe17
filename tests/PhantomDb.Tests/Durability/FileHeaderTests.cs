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
    public void A_header_names_the_segment_that_has_its_LSN_where_one_has_it()
    {
        FileHeader marked = Header with { Mark = new SegmentMark(0x0c41f0aa, 1201) };
        Assert.Contains(" | Timeline: 2 | LSN: 1205 | Header: ", Header.ToSealedText());
        Assert.Contains(" | Timeline: 2 | LSN: 1205 | Salt: 0c41f0aa | FirstLSN: 1201 | Header: ", marked.ToSealedText());
        Assert.AreEqual(Header with { DatabaseName = "", GeneratedAt = default }, Read(Header.ToSealedText()));
        Assert.AreEqual(marked with { DatabaseName = "", GeneratedAt = default }, Read(marked.ToSealedText()));
        Assert.AreEqual(uint.MaxValue, Read((Header with { Mark = new SegmentMark(uint.MaxValue, 1) }).ToSealedText())!.Mark!.Salt);
    }

    [TestMethod]
    [DataRow(" | Salt: 0c41f0aa")]
    [DataRow(" | FirstLSN: 1201")]
    [DataRow(" | Salt: x | FirstLSN: 1201")]
    [DataRow(" | Salt: 0c41f0aa | FirstLSN: -1")]
    [DataRow(" | FirstLSN: 1201 | Salt: 0c41f0aa")]
    [DataRow(" | Salt: 0c41f0aa | FirstLSN: 1201 | More: 1")]
    public void Anything_else_in_its_place_is_no_header_of_ours(string mark)
    {
        string text = Header.ToSealedText();
        text = text[..text.IndexOf(" | Header: ", StringComparison.Ordinal)] + mark + " | Header: ";
        Assert.IsNull(Read(text + Checksum.Text(Checksum.Of(Encoding.UTF8.GetBytes(text))) + "\n"));
    }

    private static FileHeader? Read(string text) => FileHeader.TryParse(Encoding.UTF8.GetBytes(text));
}
