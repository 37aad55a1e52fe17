namespace PhantomDb.Durability.Log;

/// <summary>A segment of the log, as a <see cref="SegmentHistory"/> has it.</summary>
/// <param name="Salt">By which the segment is known.</param>
/// <param name="FirstLsn">Of its first record.</param>
internal sealed record SegmentMark(uint Salt, long FirstLsn);

/// <summary>A segment with the last LSN that a history counts of it.</summary>
internal sealed record SegmentRange(SegmentMark Mark, long LastLsn);
