using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Functions;

/// <summary>LIKE '%a%b%' over many strings: each needle is found behind the one before.</summary>
internal static class NeedleSearch
{
    private const int ViewTextOffset = 4;   // where the bytes of an inline view begin

    /// <summary>Writes to each position whether its string has all needles (or has not, where <paramref name="negate"/>).</summary>
    public static void Find(
        StringView[] views, byte[][] blocks, byte[][] needles, in KernelArguments arguments, bool negate, Span<bool> target)
    {
        if (needles is [{ Length: <= StringView.InlineLengthMax } needle] && Vector128.IsHardwareAccelerated)
        {
            FindOne(views, blocks, needle, arguments, negate, target);
        }
        else
        {
            FindAll(views, blocks, needles, arguments, negate, target);
        }
    }

    [MethodImpl(HotLoop.Options)]
    private static void FindAll(
        StringView[] views, byte[][] blocks, byte[][] needles, in KernelArguments arguments, bool negate, Span<bool> target)
    {
        for (int k = 0; k < arguments.Count; k++)
        {
            int i = arguments.HasSelection ? arguments.Selection[k] : k;
            ReadOnlySpan<byte> text = StringView.Bytes(in views[i], blocks);
            bool isFound = true;
            foreach (byte[] needle in needles)
            {
                int at = text.IndexOf(needle);
                if (at < 0)
                {
                    isFound = false;
                    break;
                }

                text = text[(at + needle.Length)..];
            }

            target[i] = isFound != negate;
        }
    }

    /// <summary>
    /// An inline view is one register: bit i of the mask stays while the needle's bytes so far stand at byte i and after.
    /// </summary>
    [MethodImpl(HotLoop.Options)]
    private static void FindOne(
        StringView[] views, byte[][] blocks, byte[] needle, in KernelArguments arguments, bool negate, Span<bool> target)
    {
        Span<Vector128<byte>> wanted = stackalloc Vector128<byte>[StringView.InlineLengthMax];
        wanted = wanted[..needle.Length];
        for (int i = 0; i < needle.Length; i++)
        {
            wanted[i] = Vector128.Create(needle[i]);
        }

        for (int k = 0; k < arguments.Count; k++)
        {
            int i = arguments.HasSelection ? arguments.Selection[k] : k;
            ref readonly StringView view = ref views[i];
            if (!view.IsInline)
            {
                target[i] = StringView.Bytes(in view, blocks).IndexOf(needle) >= 0 != negate;
                continue;
            }

            Vector128<byte> bytes = Vector128.Create(view.Head, view.Tail).AsByte();
            int starts = view.Length - needle.Length + 1;   // places where it may begin
            uint mask = starts <= 0 ? 0 : ((1u << starts) - 1) << ViewTextOffset;
            for (int at = 0; at < wanted.Length && mask != 0; at++)
            {
                mask &= Vector128.Equals(bytes, wanted[at]).ExtractMostSignificantBits() >> at;
            }

            target[i] = mask != 0 != negate;
        }
    }
}
