namespace PhantomDb.Shell;

/// <summary>Where the shell keeps what is the user's: in the folders that the system has for it.</summary>
internal static class UserFiles
{
    private const string StartupVariable = "PHANTOMDB_STARTUP";

    /// <summary>The script that a shell at a terminal runs first: PHANTOMDB_STARTUP, which may be empty for none; null where nobody knows.</summary>
    public static string? Startup => FromEnvironment(StartupVariable, "XDG_CONFIG_HOME", [".config"], Environment.SpecialFolder.ApplicationData, "startup.sql");

    /// <summary>True where that is not only where it would be.</summary>
    public static bool IsStartupNamed => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(StartupVariable));

    /// <summary>What was entered: PHANTOMDB_HISTORY, which may be empty for none.</summary>
    public static string? History => FromEnvironment("PHANTOMDB_HISTORY", "XDG_STATE_HOME", [".local", "state"], Environment.SpecialFolder.LocalApplicationData, "history");

    /// <summary>Statements kept under names: PHANTOMDB_FAVORITES, which may be empty for none.</summary>
    public static string? Favorites => FromEnvironment("PHANTOMDB_FAVORITES", "XDG_CONFIG_HOME", [".config"], Environment.SpecialFolder.ApplicationData, "favorites.sql");

    private static string? FromEnvironment(string variable, string xdgVariable, string[] inHome, Environment.SpecialFolder windowsFolder, string fileName)
    {
        if (Environment.GetEnvironmentVariable(variable) is { } given)
        {
            return given.Length == 0 ? null : given;
        }
        string? folder = OperatingSystem.IsWindows() ? Environment.GetFolderPath(windowsFolder) : Environment.GetEnvironmentVariable(xdgVariable);
        if (string.IsNullOrEmpty(folder))
        {
            string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            folder = home.Length == 0 ? null : Path.Combine([home, .. inHome]);
        }
        return folder is null ? null : Path.Combine(folder, "phantomdb", fileName);
    }
}
