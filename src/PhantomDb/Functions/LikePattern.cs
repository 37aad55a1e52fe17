using System.Runtime.CompilerServices;
using System.Text;
using PhantomDb.Errors;
using PhantomDb.Types;

namespace PhantomDb.Functions;

/// <summary>
/// A compiled LIKE pattern: the segments between its %, and where the first and last are tied to. Segments without _ are
/// found by vectorised search. The first fit from the left is always good enough, so no backtracking beyond a segment.
/// </summary>
internal sealed class LikePattern
{
    private readonly bool _ignoreCase;
    private readonly Segment[] _segments;
    private readonly bool _startsWithAny;
    private readonly bool _endsWithAny;

    /// <summary>Fails for texts that go on where the pattern has its lone escape: held as "a character and more".</summary>
    private readonly bool _endsWithEscape;

    /// <summary>Where the pattern is %a%b%, without more: a and b, to be found one after the other. Else null.</summary>
    public byte[][]? Needles { get; }

    /// <param name="escape">The escape character; 0 for none.</param>
    public LikePattern(ReadOnlySpan<byte> pattern, bool ignoreCase, byte escape = (byte)'\\')
    {
        _ignoreCase = ignoreCase;
        var segments = new List<Segment>();
        var bytes = new List<byte>();
        var any = new List<bool>();
        for (int i = 0; i < pattern.Length; i++)
        {
            byte c = pattern[i];
            if (c == escape && escape != 0)
            {
                if (++i == pattern.Length)
                {
                    _endsWithEscape = true;
                    Add((byte)'_', isAny: true);
                    _endsWithAny = true;
                    break;
                }

                Add(pattern[i], isAny: false);
            }
            else if (c == '%')
            {
                _startsWithAny |= i == 0;
                _endsWithAny = i == pattern.Length - 1;
                EndSegment();
            }
            else
            {
                Add(c, isAny: c == '_');
            }
        }

        EndSegment();
        _segments = segments.ToArray();
        if (_startsWithAny && _endsWithAny && !_endsWithEscape && !ignoreCase && segments.TrueForAll(segment => segment.IsPlain))
        {
            Needles = segments.ConvertAll(segment => segment.Bytes).ToArray();
        }

        return;

        void Add(byte c, bool isAny)
        {
            bytes.Add(ignoreCase ? TextFunctions.ToLower(c) : c);
            any.Add(isAny);
        }

        void EndSegment()
        {
            if (bytes.Count > 0)
            {
                segments.Add(new Segment(bytes.ToArray(), any.Contains(true) ? any.ToArray() : null));
                bytes.Clear();
                any.Clear();
            }
        }
    }

    /// <summary>Scratch space for lower case; the text as it is without.</summary>
    [MethodImpl(HotLoop.Options)]
    public bool IsMatch(ReadOnlySpan<byte> text, TextBuffer scratch)
    {
        if (!_ignoreCase)
        {
            return IsMatch(text);
        }

        scratch.Clear();
        Span<byte> lower = scratch.GetSpan(text.Length)[..text.Length];
        for (int i = 0; i < text.Length; i++)
        {
            lower[i] = TextFunctions.ToLower(text[i]);
        }

        return IsMatch(lower);
    }

    public bool IsMatch(ReadOnlySpan<byte> text)
    {
        bool matches = IsMatchOfSegments(text);
        return matches && _endsWithEscape ? throw Error.LikePatternEndsWithEscape() : matches;
    }

    [MethodImpl(HotLoop.Options)]
    private bool IsMatchOfSegments(ReadOnlySpan<byte> text)
    {
        if (_segments.Length == 0)
        {
            return _startsWithAny || text.IsEmpty;
        }

        int first = 0;
        int last = _segments.Length;
        if (!_startsWithAny)
        {
            int length = _segments[0].MatchAt(text);
            if (length < 0)
            {
                return false;
            }

            if (last == 1 && !_endsWithAny)
            {
                return length == text.Length;
            }

            text = text[length..];
            first = 1;
        }

        if (!_endsWithAny && first < last)
        {
            int length = _segments[last - 1].MatchEnd(text);
            if (length < 0)
            {
                return false;
            }

            text = text[..^length];
            last--;
        }

        for (int i = first; i < last; i++)
        {
            int end = _segments[i].Find(text);
            if (end < 0)
            {
                return false;
            }

            text = text[end..];
        }

        return true;
    }

    /// <summary>Bytes without %; where <c>any</c> is true the byte stands for one character of whatever kind.</summary>
    private sealed class Segment(byte[] bytes, bool[]? any)
    {
        public byte[] Bytes => bytes;

        public bool IsPlain => any is null;

        /// <summary>Number of bytes matched at the start; -1 where it does not match.</summary>
        [MethodImpl(HotLoop.Options)]
        public int MatchAt(ReadOnlySpan<byte> text)
        {
            if (any is null)
            {
                return text.StartsWith(bytes) ? bytes.Length : -1;
            }

            int at = 0;
            for (int i = 0; i < bytes.Length; i++)
            {
                if (at >= text.Length)
                {
                    return -1;
                }

                if (any[i])
                {
                    at += CharacterLength(text[at..]);
                }
                else if (text[at++] != bytes[i])
                {
                    return -1;
                }
            }

            return at;
        }

        /// <summary>Number of bytes matched at the end; -1 where it does not match.</summary>
        [MethodImpl(HotLoop.Options)]
        public int MatchEnd(ReadOnlySpan<byte> text)
        {
            if (any is null)
            {
                return text.EndsWith(bytes) ? bytes.Length : -1;
            }

            // Every byte or character of the segment is one of the text's: count back as many characters.
            int at = text.Length;
            for (int i = bytes.Length - 1; i >= 0; i--)
            {
                if (at == 0)
                {
                    return -1;
                }

                if (any[i])
                {
                    Rune.DecodeLastFromUtf8(text[..at], out _, out int length);
                    at -= length;
                }
                else if (text[--at] != bytes[i])
                {
                    return -1;
                }
            }

            return text.Length - at;
        }

        /// <summary>End of the first place where it matches; -1 where there is none.</summary>
        [MethodImpl(HotLoop.Options)]
        public int Find(ReadOnlySpan<byte> text)
        {
            if (any is null)
            {
                int at = text.IndexOf(bytes);
                return at < 0 ? -1 : at + bytes.Length;
            }

            for (int at = 0; at < text.Length; at += CharacterLength(text[at..]))
            {
                int length = MatchAt(text[at..]);
                if (length >= 0)
                {
                    return at + length;
                }
            }

            return -1;
        }

        private static int CharacterLength(ReadOnlySpan<byte> text)
        {
            Rune.DecodeFromUtf8(text, out _, out int length);
            return length;
        }
    }
}
