namespace PhantomDb.Durability.Recovery;

/// <summary>
/// The checksum of the first part of some bytes, when those of all and of the rest are known: a CRC is the remainder of a polynomial over GF(2), so
/// that appending n bytes multiplies it by x^8n, which can be undone. <c>crc(AB) = crc(A) x^8|B| + crc(B)</c>
/// </summary>
internal static class ChecksumParts
{
    private const uint Polynomial = 0x82F63B78;   // of CRC-32C, lowest power first, as all values here
    private const uint One = 1u << 31;
    private const uint X = 1u << 30;
    private const long OrderOfX = (1L << 31) - 1;   // the polynomial is x + 1 and a primitive one of degree 31

    /// <summary>The checksum of what stands before the last part.</summary>
    /// <param name="whole">The checksum of all.</param>
    /// <param name="last">The checksum of the last part.</param>
    /// <param name="lastLength">Bytes of the last part.</param>
    public static uint WithoutLast(uint whole, uint last, long lastLength)
    {
        long exponent = (OrderOfX - (lastLength % OrderOfX * 8 % OrderOfX)) % OrderOfX;
        return Multiply(whole ^ last, Power(exponent));
    }

    private static uint Power(long exponent)
    {
        uint power = One, square = X;
        for (; exponent > 0; exponent >>= 1)
        {
            power = (exponent & 1) != 0 ? Multiply(power, square) : power;
            square = Multiply(square, square);
        }
        return power;
    }

    private static uint Multiply(uint left, uint right)
    {
        uint product = 0;
        for (uint bit = One; bit != 0; bit >>= 1)
        {
            product ^= (left & bit) != 0 ? right : 0;
            right = (right >> 1) ^ ((right & 1) != 0 ? Polynomial : 0);
        }
        return product;
    }
}
