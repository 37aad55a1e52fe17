namespace PhantomDb.Types;

/// <summary>The fields that an interval type may be restricted to (interval day to second).</summary>
internal enum IntervalFields : byte
{
    All,
    Year,
    Month,
    YearToMonth,
    Day,
    Hour,
    Minute,
    Second,
    DayToHour,
    DayToMinute,
    DayToSecond,
    HourToMinute,
    HourToSecond,
    MinuteToSecond,
}
