using System.Diagnostics;

namespace PhantomDb.Types;

/// <summary>
/// The time to within some milliseconds, for people: a fifth of what the exact clock costs. Never ahead of that, and goes on evenly
/// from the time at which the process first asked, so that the same event always has the same time.
/// </summary>
internal static class CoarseClock
{
    private const long StepMax = 16_000;   // microseconds by which the tick count goes on at once

    private static readonly long Offset = FindOffset();

    /// <summary>Microseconds since 2000-01-01 UTC.</summary>
    public static long Now => Offset + (Environment.TickCount64 * 1000);

    // The tick count is as old as its step is long. Where it counts from the same moment as the exact counter, that one
    // tells how far it has come since.
    private static long FindOffset()
    {
        long ticks = Environment.TickCount64 * 1000;
        long exact = (long)(Stopwatch.GetTimestamp() * (1e6 / Stopwatch.Frequency));
        long now = DateTimeClock.Now(SessionTimeZone.Utc).NowUtc;
        return exact >= ticks && exact - ticks < StepMax ? now - exact : now - ticks - StepMax;
    }
}
