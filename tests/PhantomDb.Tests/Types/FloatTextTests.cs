using System.Globalization;
using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Types;

namespace PhantomDb.Tests.Types;

[TestClass]
public sealed class FloatTextTests
{
    [TestMethod]
    public void Numbers_with_few_decimals_have_their_shortest_text()
    {
        var random = new Random(1);
        byte[] text = new byte[FloatText.DoubleLengthMax];
        for (int i = 0; i < 300_000; i++)
        {
            double value = (i % 3) switch
            {
                0 => random.NextInt64(-1_000_000_000_000, 1_000_000_000_000) / Math.Pow(10, random.Next(1, 7)),
                1 => Math.Round((random.NextDouble() - 0.5) * Math.Pow(10, random.Next(0, 13)), random.Next(0, 8)),
                _ => random.Next(100_000) / 100.0 * (random.Next(2) == 0 ? 1 : 1 + double.Epsilon + 2.3e-16),
            };
            if (value == 0 || Math.Abs(value) < 1e-4)
            {
                continue;
            }
            Assert.IsTrue(FloatText.TryFormat(value, text, out int length));
            Assert.AreEqual(value.ToString("R", CultureInfo.InvariantCulture), Encoding.ASCII.GetString(text, 0, length));
        }
    }
}
