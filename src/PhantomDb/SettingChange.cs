namespace PhantomDb;

/// <summary>A change of a setting that a database keeps, as the log has it.</summary>
/// <param name="Lsn">Its number in the log.</param>
/// <param name="Time">When it was made, in UTC.</param>
/// <param name="Name">The setting.</param>
/// <param name="Value">The value from then on; null where it went back to the built-in default.</param>
public sealed record SettingChange(long Lsn, DateTime Time, string Name, string? Value);
