namespace PhantomDb.Types;

/// <summary>
/// What date and time text needs from the statement: the transaction's time (microseconds since 2000-01-01 UTC) for
/// now and today, and the session's time zone.
/// </summary>
internal readonly record struct DateTimeClock(long NowUtc, SessionTimeZone Zone)
{
    /// <summary>2000-01-01 in the ticks of <see cref="DateTime"/>.</summary>
    public const long EpochTicks = 630_822_816_000_000_000;

    /// <summary>For text that has been checked not to depend on either, and for tests.</summary>
    public static DateTimeClock Fixed { get; } = new(0, SessionTimeZone.Utc);

    public static DateTimeClock Now(SessionTimeZone zone) =>
        new((DateTime.UtcNow.Ticks - EpochTicks) / 10, zone);
}
