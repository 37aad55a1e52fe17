using System.Buffers.Text;
using PhantomDb.Errors;
using PhantomDb.Types;

namespace PhantomDb.Functions;

/// <summary>encode and decode: hex, base64 (76 characters a line) and escape.</summary>
internal static class ByteEncodings
{
    private const int Base64LineLength = 76;

    public static void Encode(ReadOnlySpan<byte> bytes, string format, TextBuffer output)
    {
        switch (format.ToLowerInvariant())
        {
            case "hex":
                output.Append(Convert.ToHexStringLower(bytes));
                break;
            case "base64":
                string text = Convert.ToBase64String(bytes);
                for (int i = 0; i < text.Length; i += Base64LineLength)
                {
                    if (i > 0)
                    {
                        output.Append((byte)'\n');
                    }

                    output.Append(text.Substring(i, Math.Min(Base64LineLength, text.Length - i)));
                }

                break;
            case "escape":
                EncodeEscape(bytes, output);
                break;
            default:
                throw UnknownFormat(format);
        }
    }

    public static void Decode(ReadOnlySpan<byte> text, string format, TextBuffer output)
    {
        Span<byte> target = output.GetSpan(text.Length + 2);
        switch (format.ToLowerInvariant())
        {
            case "hex":
                output.Advance(ByteaText.Parse([.. "\\x"u8, .. text], target));
                break;
            case "base64":
                if (Base64.DecodeFromUtf8(text, target, out _, out int written) != System.Buffers.OperationStatus.Done)
                {
                    throw Error.InvalidParameter("invalid base64 end sequence");
                }

                output.Advance(written);
                break;
            case "escape":
                output.Advance(ByteaText.Parse(text, target));
                break;
            default:
                throw UnknownFormat(format);
        }
    }

    private static void EncodeEscape(ReadOnlySpan<byte> bytes, TextBuffer output)
    {
        foreach (byte b in bytes)
        {
            if (b is 0 or >= 0x80)
            {
                output.Append((byte)'\\');
                output.Append((byte)('0' + (b >> 6)));
                output.Append((byte)('0' + ((b >> 3) & 7)));
                output.Append((byte)('0' + (b & 7)));
            }
            else
            {
                if (b == '\\')
                {
                    output.Append((byte)'\\');
                }

                output.Append(b);
            }
        }
    }

    private static PhantomDbException UnknownFormat(string format) => Error.InvalidParameter($"unrecognized encoding: \"{format}\"");
}
