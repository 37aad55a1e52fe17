namespace PhantomDb.Execution.Settings;

/// <summary>
/// A run-time setting: its default, and how a value given as text is checked and brought to the form that SHOW prints.
/// <see cref="Normalize"/> gives null for a value that the setting does not take.
/// </summary>
internal sealed record SettingDefinition(string Name, string Default, Func<string, string?> Normalize)
{
    /// <summary>What may be set, for the hint of an error.</summary>
    public string Hint { get; init; } = "";

    /// <summary>Can be shown but not set.</summary>
    public bool IsReadOnly { get; init; }
}
