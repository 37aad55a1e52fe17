namespace PhantomDb.Durability.Log;

/// <summary>
/// The segment that has an LSN. LSNs are the same in each copy of a database, segments are not: a file and a log that name another one for the same LSN have each gone on
/// by itself since they parted.
/// </summary>
/// <param name="Salt">By which the segment is known.</param>
/// <param name="FirstLsn">Of its first record.</param>
internal sealed record SegmentMark(uint Salt, long FirstLsn);
