using PhantomDb.Shell.Commands;

namespace PhantomDb.Shell.Editing;

/// <summary>What the open database has that can be completed. Definitions are read anew each time, as the session sees them; system relations, functions, settings and keywords are the same for all databases, and read once.</summary>
internal sealed class CompletionNames(Func<ShellDatabase> database) : ICompletionNames
{
    private IReadOnlyList<string>? _functions;
    private IReadOnlyList<RelationDescription>? _systemRelations;
    private IReadOnlyList<string>? _settings;
    private HashSet<string>? _quotedKeywords;

    public IReadOnlyList<string> Schemas => [.. database().Schema.Schemas.Append("pg_catalog").Append("information_schema").Distinct()];

    public IReadOnlyList<RelationDescription> Relations => database().Schema.Relations;

    public IReadOnlyList<RelationDescription> SystemRelations =>
        _systemRelations ??= [.. Commands.SystemRelations.Find(database(), new NamePattern("pg_catalog.*")), .. Commands.SystemRelations.Find(database(), new NamePattern("information_schema.*"))];

    // Not those that read and write the types' values: nobody calls them.
    public IReadOnlyList<string> Functions => _functions ??= database().List("""
        SELECT DISTINCT proname FROM pg_catalog.pg_proc
        WHERE proname NOT LIKE 'pg\_%' AND oid NOT IN (SELECT unnest(ARRAY[typinput, typoutput, typreceive, typsend, typmodin, typmodout]) FROM pg_catalog.pg_type) ORDER BY 1
        """);

    public IReadOnlyList<string> Settings => _settings ??= database().List("SELECT name FROM pg_catalog.pg_settings ORDER BY 1");

    public IReadOnlyList<string> Keywords => StatementText.Keywords;

    public IReadOnlySet<string> QuotedKeywords => _quotedKeywords ??=
        database().List($"SELECT word FROM unnest('{{{string.Join(',', Keywords)}}}'::text[]) AS k(word) WHERE quote_ident(lower(word)) <> lower(word)").ToHashSet();

    public IReadOnlyList<string> Databases => database().Neighbours;
}
