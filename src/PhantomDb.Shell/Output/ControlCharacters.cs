using System.Globalization;
using System.Text;

namespace PhantomDb.Shell.Output;

/// <summary>
/// Control characters, with which a value could steer a terminal, as psql shows them: <c>\r</c>, <c>\x1B</c>, <c>\u009B</c>. Tab and line feed
/// stay. Only for terminals: a file or a program gets every byte as it is.
/// </summary>
internal static class ControlCharacters
{
    public static string Escape(string text)
    {
        if (!text.Any(IsSteering))
        {
            return text;
        }
        StringBuilder escaped = new();
        foreach (char c in text)
        {
            escaped.Append(IsSteering(c) ? EscapeOf(c) : c.ToString());
        }
        return escaped.ToString();
    }

    /// <summary>Writes to standard error.</summary>
    public static void WriteError(string text)
    {
        ProgressLine.Clear();
        Console.Error.Write(Console.IsErrorRedirected ? text : Escape(text));
    }

    /// <summary>Where results go on to: a stream behind which there is a terminal gets none of them.</summary>
    public static Stream Guard(Stream output) => Console.IsOutputRedirected ? output : new GuardedStream(output);

    private static bool IsSteering(char c) => char.IsControl(c) && c is not ('\t' or '\n');

    private static string EscapeOf(char c) =>
        c == '\r' ? "\\r" : c < 0x80 ? string.Create(CultureInfo.InvariantCulture, $"\\x{(int)c:X2}") : string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}");

    /// <summary>UTF-8 on its way to a terminal, in blocks that may divide a character.</summary>
    internal sealed class GuardedStream(Stream output) : WriteOnlyStream
    {
        private const byte Lead = 0xC2;   // the first byte of U+0080 to U+009F, and of U+00A0 to U+00BF

        private bool _isBehindLead;

        public override bool IsLeft => output is WriteOnlyStream { IsLeft: true };

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            ProgressLine.Clear();
            int start = 0;
            for (int i = 0; i < buffer.Length; i++)
            {
                byte value = buffer[i];
                bool isBehindLead = _isBehindLead;
                _isBehindLead = value == Lead;
                if (isBehindLead ? value < 0xA0 : value < 0x80 && IsSteering((char)value))
                {
                    output.Write(buffer[start..i]);
                    output.Write(Encoding.ASCII.GetBytes(EscapeOf((char)value)));   // U+0080 to U+009F are their second byte
                    start = i + 1;
                }
                else if (isBehindLead)
                {
                    output.Write(buffer[start..i]);
                    output.WriteByte(Lead);
                    start = i;
                }
                else if (_isBehindLead)
                {
                    output.Write(buffer[start..i]);
                    start = i + 1;   // held back until what follows is known
                }
            }
            output.Write(buffer[start..]);
        }

        public override void Flush() => output.Flush();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                output.Dispose();
            }
            base.Dispose(disposing);
        }
    }
}
