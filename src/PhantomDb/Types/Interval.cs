namespace PhantomDb.Types;

/// <summary>
/// PostgreSQL's interval: months, days and microseconds, kept apart because a month has no fixed number of days and a
/// day none of hours. Compared by a total that counts a month as 30 days and a day as 24 hours.
/// </summary>
internal readonly record struct Interval(int Months, int Days, long Microseconds);
