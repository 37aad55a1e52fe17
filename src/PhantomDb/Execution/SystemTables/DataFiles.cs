namespace PhantomDb.Execution.SystemTables;

/// <summary>Facts about PostgreSQL 15's built-in objects (oids above all), from the text files in Data.</summary>
internal static class DataFiles
{
    /// <summary>Lines of a file, without comments.</summary>
    public static IEnumerable<string> Lines(string name)
    {
        using Stream stream = typeof(DataFiles).Assembly.GetManifestResourceStream(name)
            ?? throw new System.Diagnostics.UnreachableException(name);
        using StreamReader reader = new(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0 && line[0] != '#')
            {
                yield return line;
            }
        }
    }
}
