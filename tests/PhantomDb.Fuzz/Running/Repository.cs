namespace PhantomDb.Fuzz.Running;

/// <summary>Files of the repository that the fuzzer starts from.</summary>
internal static class Repository
{
    /// <summary>The folder of the solution, at or above the program.</summary>
    public static string Folder { get; } = Find();

    public static string PathOf(params string[] parts) => Path.Combine([Folder, .. parts]);

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "PhantomDb.sln")))
            {
                return folder.FullName;
            }
        }
        throw new DirectoryNotFoundException($"PhantomDb.sln stands neither in {AppContext.BaseDirectory} nor above it");
    }
}
