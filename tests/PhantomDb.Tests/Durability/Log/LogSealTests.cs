using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;

namespace PhantomDb.Tests.Durability.Log;

[TestClass]
public sealed class LogSealTests
{
    private const uint Salt = 0x9c41f0aa;

    private static readonly LogSeal Seal = new(1204, 702);

    [TestMethod]
    public void A_seal_reads_as_the_format_says_and_comes_back_from_the_end_of_any_bytes()
    {
        Assert.MatchesRegex("^# End \\| LastLSN: 1204 \\| Length: 702 \\| CRC: [0-9a-f]{8}\n$", Encoding.ASCII.GetString(Seal.ToBytes(Salt)));
        foreach (LogSeal seal in new[] { Seal, new LogSeal(0, 0), new LogSeal(long.MaxValue, long.MaxValue) })
        {
            byte[] bytes = seal.ToBytes(Salt);
            Assert.AreEqual(seal, LogSeal.TryParseEnd(bytes, Salt));
            Assert.AreEqual(seal, LogSeal.TryParseEnd([.. "lines\n"u8, .. bytes], Salt));
            Assert.AreEqual(seal, LogSeal.TryParseEnd([.. "a value, # End | LastLSN: 7 | Length: 8"u8, .. bytes], Salt));
            Assert.IsLessThanOrEqualTo(LogSeal.LengthMax, bytes.Length);
        }
    }

    [TestMethod]
    public void A_seal_with_any_bit_flipped_or_anything_behind_it_or_of_another_segment_is_none()
    {
        byte[] bytes = Seal.ToBytes(Salt);
        for (int bit = 0; bit < 8 * bytes.Length; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.IsNull(LogSeal.TryParseEnd(bytes, Salt), $"bit {bit}");
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.IsNull(LogSeal.TryParseEnd(bytes.AsSpan(0, length), Salt), $"{length} bytes");
        }
        Assert.IsNull(LogSeal.TryParseEnd([.. bytes, (byte)'\n'], Salt));
        Assert.IsNull(LogSeal.TryParseEnd(bytes, Salt + 1));
    }

    [TestMethod]
    [DataRow("01204 | Length: 702")]
    [DataRow("+1204 | Length: 702")]
    [DataRow("-1204 | Length: 702")]
    [DataRow("9223372036854775808 | Length: 702")]
    [DataRow("1204 | Length: 0702")]
    [DataRow("1204 | Length: ")]
    [DataRow("1204 | length: 702")]
    [DataRow("1204")]
    [DataRow("1204 | 702")]
    [DataRow("1204 | Length: 702 | More: 1")]
    public void Another_spelling_is_none_though_its_checksum_is_right(string numbers)
    {
        string text = $"# End | LastLSN: {numbers} | CRC: ";
        PhantomDb.Durability.Checksum checksum = LogChecksum.Seed(Salt);
        checksum.Add(Encoding.ASCII.GetBytes(text));

        Assert.IsNull(LogSeal.TryParseEnd(Encoding.ASCII.GetBytes($"{text}{PhantomDb.Durability.Checksum.Text(checksum.Value)}\n"), Salt));
    }
}
