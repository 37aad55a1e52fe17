namespace PhantomDb.Types;

/// <summary>
/// A commit timestamp: the number of a transaction in commit order, equal to the log sequence number of its last
/// record. Not a time of day; SQL timestamps are 64-bit microseconds.
/// </summary>
internal readonly record struct Timestamp(long Value) : IComparable<Timestamp>
{
    public static readonly Timestamp Zero = new(0);

    public int CompareTo(Timestamp other) => Value.CompareTo(other.Value);

    public static bool operator <(Timestamp left, Timestamp right) => left.Value < right.Value;

    public static bool operator >(Timestamp left, Timestamp right) => left.Value > right.Value;

    public static bool operator <=(Timestamp left, Timestamp right) => left.Value <= right.Value;

    public static bool operator >=(Timestamp left, Timestamp right) => left.Value >= right.Value;
}
