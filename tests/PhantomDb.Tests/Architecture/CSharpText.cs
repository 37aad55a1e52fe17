using System.Text;

namespace PhantomDb.Tests.Architecture;

/// <summary>
/// Blanks comments, strings and characters out of C# text, so that a search sees code only. The code in the holes of
/// interpolated strings stays. Line ends stay too, so that line numbers hold.
/// </summary>
internal static class CSharpText
{
    public static string WithoutCommentsAndLiterals(string text) => new Reader(text).Read();

    private sealed class Reader(string text)
    {
        private readonly StringBuilder _code = new(text.Length);
        private int _position;

        public string Read()
        {
            ReadCode(holeEnd: 0);
            return _code.ToString();
        }

        /// <summary>Copies code up to the end, or within a hole up to its closing braces, <paramref name="holeEnd"/> of them.</summary>
        private void ReadCode(int holeEnd)
        {
            int braces = 0;
            while (_position < text.Length)
            {
                char c = text[_position];
                if (holeEnd > 0 && braces == 0 && c == '}')
                {
                    Blank(holeEnd);
                    return;
                }

                if (At("//"))
                {
                    BlankThrough(EndOfLine());
                }
                else if (At("/*"))
                {
                    int end = text.IndexOf("*/", _position + 2, StringComparison.Ordinal);
                    BlankThrough(end < 0 ? text.Length : end + 2);
                }
                else if (c == '\'')
                {
                    ReadEscaped('\'', dollars: 0);
                }
                else if (c is '"' or '$' or '@' && StringStart() is { } start)
                {
                    ReadString(start);
                }
                else
                {
                    braces += c switch { '{' => 1, '}' => -1, _ => 0 };
                    _code.Append(c);
                    _position++;
                }
            }
        }

        /// <summary>What begins here, if it is a string: the count of $, whether @ stands before it, the count of quotes.</summary>
        private (int Dollars, bool Verbatim, int Quotes)? StringStart()
        {
            int at = _position;
            int dollars = 0;
            bool verbatim = false;
            for (; at < text.Length && text[at] is '$' or '@'; at++)
            {
                dollars += text[at] == '$' ? 1 : 0;
                verbatim |= text[at] == '@';
            }

            int quotes = QuotesAt(at);
            return quotes == 0 ? null : (dollars, verbatim, quotes);
        }

        private void ReadString((int Dollars, bool Verbatim, int Quotes) start)
        {
            Blank(start.Dollars + (start.Verbatim ? 1 : 0));
            if (start.Quotes >= 3 && !start.Verbatim)
            {
                ReadRaw(start.Quotes, start.Dollars);
            }
            else if (start.Verbatim)
            {
                ReadVerbatim(start.Dollars);
            }
            else
            {
                ReadEscaped('"', start.Dollars);
            }
        }

        private void ReadEscaped(char quote, int dollars)
        {
            Blank(1);
            while (_position < text.Length && text[_position] != quote && text[_position] != '\n')
            {
                if (!ReadHole(dollars))
                {
                    Blank(text[_position] == '\\' ? 2 : 1);
                }
            }

            Blank(1);
        }

        private void ReadVerbatim(int dollars)
        {
            Blank(1);
            while (_position < text.Length && (text[_position] != '"' || At("\"\"")))
            {
                if (!ReadHole(dollars))
                {
                    Blank(At("\"\"") ? 2 : 1);
                }
            }

            Blank(1);
        }

        private void ReadRaw(int quotes, int dollars)
        {
            Blank(quotes);
            while (_position < text.Length && QuotesAt(_position) < quotes)
            {
                if (!ReadHole(dollars, raw: true))
                {
                    Blank(1);
                }
            }

            Blank(QuotesAt(_position));
        }

        /// <summary>Reads a hole, if one begins here: as many braces as there are dollars. A doubled brace is text.</summary>
        private bool ReadHole(int dollars, bool raw = false)
        {
            int braces = 0;
            while (_position + braces < text.Length && text[_position + braces] == '{')
            {
                braces++;
            }

            if (dollars == 0 || braces < dollars)
            {
                return false;
            }

            if (!raw && braces % 2 == 0)
            {
                Blank(braces);
                return true;
            }

            Blank(braces);
            ReadCode(holeEnd: dollars);
            return true;
        }

        private bool At(string word) => string.CompareOrdinal(text, _position, word, 0, word.Length) == 0;

        private int QuotesAt(int at)
        {
            int count = 0;
            while (at + count < text.Length && text[at + count] == '"')
            {
                count++;
            }

            return count;
        }

        private int EndOfLine()
        {
            int end = text.IndexOf('\n', _position);
            return end < 0 ? text.Length : end;
        }

        private void Blank(int count) => BlankThrough(_position + count);

        private void BlankThrough(int end)
        {
            for (end = Math.Min(end, text.Length); _position < end; _position++)
            {
                _code.Append(text[_position] == '\n' ? '\n' : ' ');
            }
        }
    }
}
