namespace PhantomDb.Shell.Editing;

/// <summary>What the open database has that can be completed. Definitions are read anew each time, as the session sees them; functions, settings and keywords are the same for all databases, and read once.</summary>
internal sealed class CompletionNames(Func<ShellDatabase> database) : ICompletionNames
{
    private IReadOnlyList<string>? _functions;
    private IReadOnlyList<string>? _settings;

    public IReadOnlyList<string> Schemas => [.. database().Schema.Schemas.Append("pg_catalog").Append("information_schema").Distinct()];

    public IReadOnlyList<RelationDescription> Relations => database().Schema.Relations;

    public IReadOnlyList<string> Functions => _functions ??= database().List("SELECT DISTINCT proname FROM pg_catalog.pg_proc WHERE proname NOT LIKE 'pg\\_%' ORDER BY 1");

    public IReadOnlyList<string> Settings => _settings ??= database().List("SELECT name FROM pg_catalog.pg_settings ORDER BY 1");

    public IReadOnlyList<string> Keywords => StatementText.Keywords;
}
