using PhantomDb.Durability.Snapshots;
using PhantomDb.Execution.Settings;

namespace PhantomDb;

/// <summary>
/// The settings that say when snapshots are taken, as values of <see cref="SnapshotOptions"/>. Which of them counts is no business of its own: the one that was set last.
/// </summary>
internal static class SnapshotSettings
{
    private const string Enabled = "snapshot_enabled", Interval = "snapshot_interval", LogSize = "snapshot_log_size", Period = "snapshot_period";

    public static readonly IReadOnlyList<string> Names = [Enabled, Interval, LogSize, Period];

    /// <summary>What a database keeps, in place of what it was opened with.</summary>
    public static SnapshotOptions Apply(SnapshotOptions given, IReadOnlyDictionary<string, string> kept) =>
        Names.Aggregate(given, (options, name) => With(options, name, Find(kept, name), given));

    /// <summary>Those that are kept with another value than before, or no longer: null.</summary>
    public static IEnumerable<(string Name, string? Value)> Changes(IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> kept) =>
        Names.Select(name => (Name: name, Value: Find(kept, name))).Where(setting => setting.Value != Find(before, setting.Name));

    /// <summary>With one of the settings set, to a value as SHOW prints it, or, with null, to what was given at the opening; others change nothing.</summary>
    public static SnapshotOptions With(SnapshotOptions options, string name, string? value, SnapshotOptions given) => name switch
    {
        Enabled => options with { IsEnabled = value is null ? given.IsEnabled : value == "on" },
        Interval => options with { Interval = value is null ? given.Interval : SettingDefinitions.ToNumber(value, SettingUnit.None) },
        LogSize => options with { LogBytes = value is null ? given.LogBytes : OrOff(value, SettingUnit.Bytes) },
        Period => options with { Period = value is null ? given.Period : OrOff(value, SettingUnit.Milliseconds) is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null },
        _ => options,
    };

    /// <summary>What is in force, as SHOW prints it; null for any other setting.</summary>
    public static string? Show(string name, SnapshotOptions options) => name switch
    {
        Enabled => options.IsEnabled ? "on" : "off",
        Interval => SettingUnit.None.Print(options.Interval ?? SnapshotOptions.DefaultInterval),
        LogSize => options.LogBytes is { } bytes ? SettingUnit.Bytes.Print(bytes) : SettingDefinitions.Off,
        Period => options.Period is { } period ? SettingUnit.Milliseconds.Print((long)period.TotalMilliseconds) : SettingDefinitions.Off,
        _ => null,
    };

    // What another version has written, whose values are not ours, is passed over.
    private static string? Find(IReadOnlyDictionary<string, string> kept, string name)
    {
        try
        {
            return kept.TryGetValue(name, out string? value) ? SessionSettings.NormalizePersistent(name, value) : null;
        }
        catch (PhantomDbException)
        {
            return null;
        }
    }

    private static long? OrOff(string value, SettingUnit unit) => value == SettingDefinitions.Off ? null : SettingDefinitions.ToNumber(value, unit);
}
