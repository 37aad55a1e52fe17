using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability;

namespace PhantomDb.Tests.Durability;

[TestClass]
public sealed class PartsStreamTests
{
    [TestMethod]
    [DataRow(1)]
    [DataRow(3)]
    [DataRow(100)]
    public void Parts_of_a_file_and_bytes_in_memory_are_read_as_one_from_any_place(int pieceLength)
    {
        using var file = new MemoryStream("0123456789"u8.ToArray());
        using var parts = new PartsStream(file, [new StreamPart("ab"u8.ToArray()), new StreamPart(null, 3, 4), new StreamPart([]), new StreamPart(null, 9, 0), new StreamPart(null, 0, 1), new StreamPart("\n"u8.ToArray())]);
        const string Whole = "ab34560\n";
        Assert.AreEqual(Whole.Length, parts.Length);
        for (int start = 0; start <= Whole.Length; start++)
        {
            parts.Position = start;
            string read = "";
            byte[] piece = new byte[pieceLength];
            for (int count = parts.Read(piece); count > 0; count = parts.Read(piece))
            {
                read += System.Text.Encoding.ASCII.GetString(piece, 0, count);
            }
            Assert.AreEqual(Whole[start..], read);
        }
        Assert.AreEqual(Whole.Length - 1, parts.Seek(-1, SeekOrigin.End));
        Assert.AreEqual('\n', parts.ReadByte());
        Assert.AreEqual(-1, parts.ReadByte());
    }

    [TestMethod]
    public void A_part_may_be_longer_than_an_array_can_be()
    {
        const long Length = 5L << 30;
        using var parts = new PartsStream(new Zeros(Length), [new StreamPart("a"u8.ToArray()), new StreamPart(null, 0, Length), new StreamPart("z"u8.ToArray())]);
        Assert.AreEqual(Length + 2, parts.Length);
        parts.Position = Length;
        Assert.AreEqual(0, parts.ReadByte());
        Assert.AreEqual('z', parts.ReadByte());
        Assert.AreEqual(-1, parts.ReadByte());
    }

    private sealed class Zeros(long length) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position { get; set; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            count = (int)Math.Min(count, length - Position);
            Array.Clear(buffer, offset, count);
            Position += count;
            return count;
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
