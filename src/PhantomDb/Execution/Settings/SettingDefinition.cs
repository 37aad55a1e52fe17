namespace PhantomDb.Execution.Settings;

/// <summary>What a setting does here; docs/settings.md has one table for each.</summary>
internal enum SettingEffect : byte
{
    /// <summary>Changes what statements do.</summary>
    Works,

    /// <summary>Has one value, or some of PostgreSQL's; every other is refused, so that nobody relies on what is not there.</summary>
    Fixed,

    /// <summary>Is kept and shown, and means nothing in a database without server, roles and storage parameters.</summary>
    Kept,
}

/// <summary>How several values in SET become one text.</summary>
internal enum SettingList : byte
{
    One,
    Words,
    Identifiers,
}

/// <summary>
/// A run-time setting: its default, and how a value given as text is checked and brought to the form that SHOW prints.
/// <see cref="Normalize"/> throws 22023 for a value that the setting does not take.
/// </summary>
internal sealed record SettingDefinition(string Name, string Default, SettingEffect Effect, string Description, Func<string, string> Normalize)
{
    public SettingList List { get; init; }

    /// <summary>Can be shown but not set.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>There is one value for all sessions: SET PERSIST changes it at once, SET does not.</summary>
    public bool IsOfDatabase { get; init; }

    /// <summary>RESET ALL leaves it alone.</summary>
    public bool IsKeptByResetAll { get; init; }
}
