using System.Text;

namespace PhantomDb.Expressions;

/// <summary>The bytes of a string or bytea constant, compared by content.</summary>
internal sealed class ByteString(byte[] bytes) : IEquatable<ByteString>
{
    public ByteString(string text) : this(Encoding.UTF8.GetBytes(text))
    {
    }

    public byte[] Bytes { get; } = bytes;

    public bool Equals(ByteString? other) => other is not null && Bytes.AsSpan().SequenceEqual(other.Bytes);

    public override bool Equals(object? obj) => Equals(obj as ByteString);

    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.AddBytes(Bytes);
        return hash.ToHashCode();
    }

    public override string ToString() => Encoding.UTF8.GetString(Bytes);
}
