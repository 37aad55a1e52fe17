using System.Text.RegularExpressions;
using PhantomDb.Fuzz.Running;
using PhantomDb.SqlLogicTests;

namespace PhantomDb.Fuzz.Statements;

/// <summary>Statements of one script, in order, and the sample database that they need, if any.</summary>
internal sealed record CorpusScript(string Name, IReadOnlyList<string> Setup, IReadOnlyList<string> Statements);

/// <summary>
/// What mutation starts from: the scripts under tests/sql, TPC-H's queries over tables of a few rows, and queries made at
/// random over tables of every type.
/// </summary>
internal sealed partial class StatementCorpus
{
    private StatementCorpus(IReadOnlyList<CorpusScript> scripts, bool hasDatasets)
    {
        Scripts = scripts;
        HasDatasets = hasDatasets;
        All = [.. scripts.SelectMany(script => script.Statements)];
        Functions = [.. All.SelectMany(sql => FunctionName().Matches(sql)).Select(match => match.Value).Distinct().Order(StringComparer.Ordinal)];
        Words = [.. All.SelectMany(SqlTokens.Split).Where(SqlTokens.IsWord).Distinct().Order(StringComparer.Ordinal)];
    }

    public IReadOnlyList<CorpusScript> Scripts { get; }

    /// <summary>False where the sample databases beside the repository are missing.</summary>
    public bool HasDatasets { get; }

    /// <summary>Every statement, to splice from.</summary>
    public IReadOnlyList<string> All { get; }

    /// <summary>Every word before an opening parenthesis: functions for the most part.</summary>
    public IReadOnlyList<string> Functions { get; }

    /// <summary>Every word of every statement: keywords, names of functions, tables and columns.</summary>
    public IReadOnlyList<string> Words { get; }

    /// <param name="withDatasets">Also the scripts over the sample databases, which take long to load.</param>
    public static StatementCorpus Load(bool withDatasets)
    {
        DatasetFolder? datasets = DatasetFolder.Locate(AppContext.BaseDirectory);
        string folder = Repository.PathOf("tests", "sql");
        List<CorpusScript> scripts = [];
        foreach (string path in Directory.GetFiles(folder, "*.slt", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            SltFile file = SltFile.Read(path);
            string? dataset = file.Records.OfType<SltLoad>().FirstOrDefault()?.Dataset;
            string? datasetPath = dataset is null ? null : datasets?.Find(dataset);
            if (dataset is not null && (datasetPath is null || !withDatasets))
            {
                continue;
            }
            IEnumerable<string> statements = file.Records.Select(record => record switch
            {
                SltStatement statement => statement.Sql,
                SltQuery query => query.Sql,
                _ => "",
            });
            scripts.Add(new CorpusScript(
                Path.GetRelativePath(folder, path),
                datasetPath is null ? [] : [.. DatasetFolder.Statements(File.ReadAllText(datasetPath))],
                [.. statements.Where(sql => sql.Length > 0)]));
        }
        string[] tpch = [.. Directory.GetFiles(Path.Combine(folder, "tpch"), "*.sql").Order(StringComparer.Ordinal)
            .Select(path => File.ReadAllText(path).TrimEnd().TrimEnd(';'))];
        scripts.Add(new CorpusScript("tpch", SampleTables.Tpch, tpch));
        return new StatementCorpus(scripts, withDatasets && datasets is not null);
    }

    [GeneratedRegex(@"\b[a-z_]\w*(?=\()")]
    private static partial Regex FunctionName();
}
