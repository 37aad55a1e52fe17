using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability;

namespace PhantomDb.Tests.Durability;

[TestClass]
public sealed class FileOutputTests
{
    private const int BufferSize = 1 << 18;
    private const string Text = "# Rows: 1007200 | CRC: 0badc0de and é";

    // Each place that a text can have at the buffer's end, where it makes room for itself and the buffer begins anew.
    [TestMethod]
    public void Text_that_meets_the_end_of_the_buffer_is_written_and_summed_up_as_it_is()
    {
        byte[] text = Encoding.UTF8.GetBytes(Text);
        for (int before = BufferSize - (4 * Text.Length); before <= BufferSize; before++)
        {
            var disk = new MemoryFileSystem();
            byte[] padding = new byte[before];
            padding.AsSpan().Fill((byte)'x');
            uint crc;
            long offset;
            using (IWritableFile file = disk.Create("/data/a"))
            {
                var output = new FileOutput(file);
                output.Append(padding);
                output.Append(Text);
                output.Append(Text);
                (crc, offset) = (output.Crc, output.Offset);
                output.FlushBuffer();
            }
            byte[] expected = [.. padding, .. text, .. text];
            CollectionAssert.AreEqual(expected, disk.Files["/data/a"], $"behind {before} bytes");
            Assert.AreEqual((Checksum.Of(expected), (long)expected.Length), (crc, offset), $"behind {before} bytes");
        }
    }
}
