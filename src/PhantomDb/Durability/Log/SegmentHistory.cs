using System.Collections.Immutable;
using System.Globalization;

namespace PhantomDb.Durability.Log;

/// <summary>
/// The last segments that led to an LSN, oldest first. LSNs are the same numbers in each copy of a database, segments are not: a file and a log that name different ones for the same
/// LSN have each gone on by itself since they parted. As text, the newest first:
/// <code>
/// 7e11ab02@1201 9c41f0aa@1100
/// </code>
/// </summary>
internal sealed class SegmentHistory : IEquatable<SegmentHistory>
{
    /// <summary>More are not kept.</summary>
    public const int CountMax = 32;

    /// <summary>Where nobody knows, or there is none.</summary>
    public static readonly SegmentHistory Empty = new([]);

    private readonly ImmutableArray<SegmentMark> _marks;

    private SegmentHistory(ImmutableArray<SegmentMark> marks) => _marks = marks.Length > CountMax ? marks[^CountMax..] : marks;

    public IReadOnlyList<SegmentMark> Marks => _marks;

    /// <summary>The segment that has the LSN; null where it is not known.</summary>
    public SegmentMark? Last => _marks.IsEmpty ? null : _marks[^1];

    /// <summary>True where there may have been more.</summary>
    public bool IsCut => _marks.Length == CountMax;

    /// <summary>What there is after a segment has begun: behind its first LSN it is the only one.</summary>
    public SegmentHistory With(SegmentMark mark) => new([.. _marks.Where(known => known.FirstLsn < mark.FirstLsn), mark]);

    /// <summary>What led to an earlier LSN.</summary>
    public SegmentHistory UpTo(long lsn) => Last?.FirstLsn > lsn ? new([.. _marks.Where(mark => mark.FirstLsn <= lsn)]) : this;

    /// <summary>The LSNs that each segment has, where the last one goes up to <paramref name="lsn"/>.</summary>
    public IEnumerable<SegmentRange> Ranges(long lsn)
    {
        for (int i = 0; i < _marks.Length; i++)
        {
            yield return new SegmentRange(_marks[i], i + 1 < _marks.Length ? _marks[i + 1].FirstLsn - 1 : lsn);
        }
    }

    /// <summary>True where one of these segments has an LSN that another has by that one's history: the two have parted. Each goes up to an LSN.</summary>
    public bool HasOther(long lsn, SegmentHistory other, long otherLsn) => other.Ranges(otherLsn).Any(range => HasOther(lsn, range.Mark.Salt, range.Mark.FirstLsn, range.LastLsn));

    /// <summary>As <see cref="HasOther(long, SegmentHistory, long)"/>, of one segment that has the LSNs from <paramref name="firstLsn"/> to <paramref name="lastLsn"/>.</summary>
    public bool HasOther(long lsn, uint salt, long firstLsn, long lastLsn) =>
        firstLsn <= lastLsn && Ranges(lsn).Any(range => range.Mark.Salt != salt && range.Mark.FirstLsn <= lastLsn && range.LastLsn >= firstLsn);

    /// <summary>Null for anything but what <see cref="ToString"/> gives.</summary>
    public static SegmentHistory? TryParse(string text)
    {
        List<SegmentMark> marks = [];
        foreach (string part in text.Split(' '))
        {
            string[] parts = part.Split('@');
            if (parts.Length != 2 || !uint.TryParse(parts[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint salt)
                || !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long firstLsn) || (marks.Count > 0 && firstLsn >= marks[0].FirstLsn))
            {
                return null;
            }
            marks.Insert(0, new SegmentMark(salt, firstLsn));
        }
        return marks.Count <= CountMax ? new SegmentHistory([.. marks]) : null;
    }

    public bool Equals(SegmentHistory? other) => other is not null && _marks.SequenceEqual(other._marks);

    public override bool Equals(object? obj) => Equals(obj as SegmentHistory);

    public override int GetHashCode() => HashCode.Combine(_marks.Length, Last);

    public override string ToString() =>
        string.Join(' ', _marks.Reverse().Select(mark => string.Create(CultureInfo.InvariantCulture, $"{Checksum.Text(mark.Salt)}@{mark.FirstLsn}")));
}
