using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests;

/// <summary>
/// Where the tests find the repository and the data sets beside it. The data sets are no part of the repository:
/// a test that needs them is skipped, with a message, where they are missing.
/// </summary>
internal static class RepositoryPaths
{
    /// <summary>The folder that holds PhantomDb.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>
    /// The folder <c>../shared</c> beside the repository, or where the environment variable PHANTOMDB_SHARED says
    /// (a git worktree has other neighbours than the main checkout); null when there is none.
    /// </summary>
    public static string? Shared { get; } = FindShared();

    public static string InRepository(params string[] path) => Path.Combine([Root, .. path]);

    /// <summary>The path of a file or folder under <see cref="Shared"/>; ends the test as skipped if it is missing.</summary>
    public static string SharedOrSkip(params string[] path)
    {
        if (Shared is null)
        {
            Assert.Inconclusive("Skipped: there is no folder ../shared beside the repository.");
        }

        string full = Path.Combine([Shared, .. path]);
        SkipIfMissing(full);
        return full;
    }

    /// <summary>Ends the test as skipped if neither a file nor a folder has this path.</summary>
    public static void SkipIfMissing(string path)
    {
        if (!Path.Exists(path))
        {
            Assert.Inconclusive($"Skipped: {path} is missing.");
        }
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "PhantomDb.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds PhantomDb.sln.");
    }

    private static string? FindShared()
    {
        string path = Environment.GetEnvironmentVariable("PHANTOMDB_SHARED") is { Length: > 0 } given
            ? given
            : Path.GetFullPath(Path.Combine(FindRoot(), "..", "shared"));
        return Directory.Exists(path) ? path : null;
    }
}
