using PhantomDb.Shell.Output;

namespace PhantomDb.Shell.Commands;

/// <summary>The commands that list and describe what a database has.</summary>
internal sealed class CatalogCommands
{
    private readonly ShellSession _shell;

    public CatalogCommands(ShellSession shell)
    {
        _shell = shell;
        Commands =
        [
            List([".tables", "\\dt"], "list tables and views; * and ? stand for any characters", Tables),
            List(["\\dt+"], "the same, with numbers of rows, sizes and comments", ListCatalog),
            List([".schema"], "SQL that makes the tables, views and sequences anew", Schema),
            List(["\\d", "\\d+"], "describe a table, view, sequence or index; without PATTERN list all relations", Describe),
            List(["\\di", "\\di+"], "list indexes", ListCatalog),
            List([".indexes"], "list indexes of tables", ListCatalog),
            List(["\\dv", "\\dv+"], "list views", ListCatalog),
            List(["\\ds", "\\ds+"], "list sequences", ListCatalog),
            List(["\\df", "\\df+"], "list functions", ListCatalog),
            List(["\\dn", "\\dn+"], "list schemas", ListCatalog),
            List(["\\dT", "\\dT+"], "list types", ListCatalog),
            List(["\\du", "\\dg"], "list roles: there is one", ListCatalog),
            List([".databases", "\\l", "\\l+", "\\list"], "list databases", ListCatalog),
        ];
    }

    public IReadOnlyList<ShellCommand> Commands { get; }

    private static ShellCommand List(string[] names, string help, Action<CommandLine> run) => new(names, "[PATTERN]", help, 1, run, IsPaged: true);

    /// <summary>What a pattern finds; all without one. A name that finds nothing is an error.</summary>
    public List<RelationDescription> Find(CommandLine line)
    {
        List<RelationDescription> found = Search(line);
        return found.Count > 0 || line.FirstAsItIs.Length == 0 ? found : throw Missing(line);
    }

    private List<RelationDescription> Search(CommandLine line)
    {
        IEnumerable<RelationDescription> relations = _shell.Database.Schema.Relations;
        return [.. line.FirstAsItIs.Length == 0 ? relations : relations.Where(new NamePattern(line.FirstAsItIs).Matches)];
    }

    private static PhantomDbException Missing(CommandLine line) => new("42P01", $"no table, view or sequence is named {line.FirstAsItIs}");

    private void Tables(CommandLine line)
    {
        RelationDescription[] relations = [.. Find(line).Where(relation => relation.Kind != RelationKind.Sequence)];
        List(relations);
    }

    private void List(IEnumerable<RelationDescription> relations) => _shell.Output.Write(new TextRows(
        ["schema", "name", "type"],
        [.. relations.OrderBy(relation => relation.Schema, StringComparer.Ordinal).ThenBy(relation => relation.Name, StringComparer.Ordinal)
            .Select(relation => new[] { relation.Schema, relation.Name, KindOf(relation) })]));

    private void Schema(CommandLine line) => _shell.Output.Print(SchemaDescription.ToScript(Find(line)));

    private void Describe(CommandLine line)
    {
        List<RelationDescription> relations = Search(line);
        if (line.Words.Count == 0)
        {
            List(relations);
            return;
        }
        NamePattern pattern = new(line.FirstAsItIs);
        bool isIndex = relations.Count == 0 && DescribeIndexes(pattern);
        if (relations.Count == 0 && !isIndex)
        {
            relations = [.. SystemRelations.Find(_shell.Database, pattern)];
        }
        if (relations.Count == 0 && !isIndex)
        {
            throw Missing(line);
        }
        foreach (RelationDescription relation in relations)
        {
            bool isForReading = _shell.Output.Mode is OutputMode.Table or OutputMode.Line or OutputMode.List;
            if (isForReading)
            {
                _shell.Output.Print($"{char.ToUpperInvariant(KindOf(relation)[0])}{KindOf(relation)[1..]} \"{relation.Schema}.{relation.Name}\"\n");
            }
            bool isLong = line.Name == "\\d+";
            Dictionary<string, string> comments = isLong ? _shell.Database.Rows(CatalogList.Comments(relation)).ToDictionary(row => row[0], row => row[1]) : [];
            if (relation.Columns.Count > 0)
            {
                string[] more = isLong ? ["comment"] : [];
                _shell.Output.WritePart(new TextRows(
                    ["column", "type", "nullable", "default", .. more],
                    [.. relation.Columns.Select(column => (string[])
                        [column.Name, column.TypeName, column.IsNotNull ? "not null" : "", column.Default ?? "", .. more.Select(_ => comments.GetValueOrDefault(column.Name, ""))])]));
            }
            if (relation.Kind == RelationKind.Sequence)
            {
                _shell.Output.WritePart(new TextRows(CatalogList.SequenceColumns, _shell.Database.Rows(CatalogList.Sequence(relation))));
            }
            if (isForReading && comments.TryGetValue("", out string? comment))
            {
                _shell.Output.Print($"Comment: {comment}\n");
            }
            if (isForReading)
            {
                _shell.Output.Print(string.Concat(relation.Details.Select(detail => detail + "\n")) + "\n");
            }
        }
    }

    private bool DescribeIndexes(NamePattern pattern)
    {
        IReadOnlyList<string[]> indexes = _shell.Database.Rows(CatalogList.Index(pattern));
        if (indexes.Count > 0)
        {
            _shell.Output.Write(new TextRows(["index", "table", "definition"], indexes));
        }
        return indexes.Count > 0;
    }

    private void ListCatalog(CommandLine line) =>
        _shell.Ask(CatalogList.Query(line.Name, line.FirstAsItIs.Length == 0 ? null : new NamePattern(line.FirstAsItIs)));

    private static string KindOf(RelationDescription relation) => relation.Kind switch
    {
        RelationKind.Table => "table",
        RelationKind.View => "view",
        _ => "sequence",
    };
}
