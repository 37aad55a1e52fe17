namespace PhantomDb.Types;

/// <summary>
/// PostgreSQL's interval: months, days and microseconds, kept apart because a month has no fixed number of days and a
/// day none of hours. Compared by a total that counts a month as 30 days and a day as 24 hours.
/// </summary>
internal readonly partial record struct Interval(int Months, int Days, long Microseconds)
{
    private const long MicrosecondsPerDay = 86_400_000_000;

    /// <summary>Microseconds with 30-day months and 24-hour days: what order, equality in SQL and hashing go by.</summary>
    public Int128 Total => (Int128)Microseconds + ((Int128)Months * 30 + Days) * MicrosecondsPerDay;
}
