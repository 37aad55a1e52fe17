using PhantomDb.SqlLogicTests;

namespace PhantomDb.Tests.Scripts;

/// <summary>The scripts under tests/sql and the list of their records that do not pass yet.</summary>
internal static class SqlScripts
{
    private static readonly string Folder = RepositoryPaths.InRepository("tests/sql");

    /// <summary>Records that do not pass yet.</summary>
    public static ExceptionList NotYet { get; } = ExceptionList.Read(Path.Combine(Folder, "not-yet.txt"));

    /// <summary>Paths relative to tests/sql, with forward slashes.</summary>
    public static IEnumerable<string> Paths =>
        Directory.EnumerateFiles(Folder, "*.slt", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Folder, file).Replace('\\', '/'))
            .Order(StringComparer.Ordinal);

    /// <summary>The SQL of a script's records, in their order.</summary>
    public static IEnumerable<string> StatementsOf(string path) => Read(path).Records.Select(record => record switch
    {
        SltStatement statement => statement.Sql,
        SltQuery query => query.Sql,
        _ => null,
    }).OfType<string>();

    public static SltFile Read(string path) => SltFile.Parse(path, File.ReadAllText(Path.Combine(Folder, path)));
}
