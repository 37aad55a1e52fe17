namespace PhantomDb.Fuzz.Copies;

/// <summary>Stands still until it is set: names of files have its time in them, and the same world is to have the same names.</summary>
internal sealed class WorldClock : TimeProvider
{
    private DateTimeOffset _now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => _now;

    public void Advance(TimeSpan time) => _now += time;
}
