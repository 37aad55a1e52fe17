using PhantomDb.Durability.Log;

namespace PhantomDb.Tests.Durability.Log;

/// <summary>Checksums of a segment's blocks, against bytes in memory that somebody changes.</summary>
[TestClass]
public sealed class LogContentTests
{
    private byte[] _file = [];

    [TestMethod]
    public void Whatever_was_written_and_cut_is_in_the_file_and_each_changed_byte_is_found()
    {
        var random = new Random(5);
        var content = new LogContent();
        for (int i = 0; i < 200; i++)
        {
            if (random.Next(4) == 0)
            {
                long length = random.NextInt64(content.Length + 1);
                content.CutTo(length, Read);
                _file = _file[..(int)length];
            }
            else
            {
                byte[] bytes = new byte[random.Next(3) == 0 ? 65_536 - (_file.Length % 65_536) : random.Next(100_000)];
                random.NextBytes(bytes);
                content.Add(bytes);
                _file = [.. _file, .. bytes];
            }
            Assert.AreEqual(_file.Length, content.Length);
            Assert.IsTrue(content.IsIn(Read) && content.IsMostlyIn(Read), $"step {i}");
            if (_file.Length > 0)
            {
                int at = random.Next(_file.Length);
                _file[at] ^= 1;
                Assert.IsFalse(content.IsIn(Read), $"step {i}");
                _file[at] ^= 1;
            }
        }
    }

    [TestMethod]
    public void A_cut_that_was_written_behind_is_found_at_the_next_look_however_long_the_file_is()
    {
        var content = new LogContent();
        Write(content, 10_000_000);
        Assert.IsTrue(content.IsMostlyIn(Read));
        for (int left = 9_000_000; left < 10_000_000; left += 333_333)
        {
            byte[] before = _file;
            _file = [.. _file.AsSpan(0, left), .. new byte[_file.Length - left]];
            Write(content, 3_000_000);
            Assert.IsFalse(content.IsMostlyIn(Read), $"{left}");
            before.CopyTo(_file, 0);
            Assert.IsTrue(content.IsMostlyIn(Read));
        }
    }

    [TestMethod]
    public void What_was_changed_anywhere_is_found_in_turn()
    {
        var content = new LogContent();
        Write(content, 10_000_000);
        for (int at = 0; at < 10_000_000; at += 1_234_567)
        {
            _file[at] ^= 4;
            Assert.IsTrue(Enumerable.Range(0, 15).Any(_ => !content.IsMostlyIn(Read)), $"{at}");
            _file[at] ^= 4;
        }
    }

    [TestMethod]
    public void A_cut_does_not_vouch_for_what_was_wrong_in_its_last_block()
    {
        var content = new LogContent();
        Write(content, 1000);
        _file[3] ^= 1;
        content.CutTo(500, Read);
        Assert.IsFalse(content.IsIn(Read));
    }

    private void Write(LogContent content, int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        content.Add(bytes);
        _file = [.. _file, .. bytes];
    }

    private int Read(long offset, Span<byte> target)
    {
        int count = (int)Math.Clamp(_file.Length - offset, 0, target.Length);
        _file.AsSpan((int)Math.Min(offset, _file.Length), count).CopyTo(target);
        return count;
    }
}
