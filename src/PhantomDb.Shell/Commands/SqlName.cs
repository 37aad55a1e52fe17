namespace PhantomDb.Shell.Commands;

/// <summary>Names as SQL writes them.</summary>
internal static class SqlName
{
    /// <summary>In quotes, so that it stands for itself whatever it is.</summary>
    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
