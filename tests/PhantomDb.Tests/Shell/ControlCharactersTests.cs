using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Shell.Output;

namespace PhantomDb.Tests.Shell;

/// <summary>What reaches a terminal of texts that would steer it.</summary>
[TestClass]
public sealed class ControlCharactersTests
{
    private const string Text = "a\0\a\b\t\n\v\f\r\e[31m\u007f\u0080\u009f\u00a0Â¢é日😀";
    private const string Escaped = "a\\x00\\x07\\x08\t\n\\x0B\\x0C\\r\\x1B[31m\\x7F\\u0080\\u009F\u00a0Â¢é日😀";

    [TestMethod]
    public void All_but_tab_and_line_feed_are_escaped() => Assert.AreEqual(Escaped, ControlCharacters.Escape(Text));

    [TestMethod]
    public void A_stream_escapes_them_wherever_its_blocks_end()
    {
        byte[] bytes = Encoding.UTF8.GetBytes(Text);
        for (int end = 0; end <= bytes.Length; end++)
        {
            using MemoryStream terminal = new();
            using ControlCharacters.GuardedStream guarded = new(terminal);
            guarded.Write(bytes.AsSpan(0, end));
            guarded.Write(bytes, end, bytes.Length - end);
            Assert.AreEqual(Escaped, Encoding.UTF8.GetString(terminal.ToArray()), $"a block ends at {end}");
        }
    }
}
