using System.Text.RegularExpressions;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Architecture;

/// <summary>Which folder of the engine may name which. The one table below is the rule; edit it in plain sight.</summary>
[TestClass]
public sealed class ArrowTests
{
    /// <summary>
    /// A folder (with all below it) may name itself and the folders beside it here. Files at the engine's root are the
    /// public API and the composition root: they may name every folder.
    /// </summary>
    private static readonly Dictionary<string, string[]> Arrows = new()
    {
        ["Execution"] = ["Planning", "Expressions", "Transactions", "Storage", "Functions", "Csv", "Catalog", "Vectors", "Errors", "Types"],
        ["Binding"] = ["Planning", "Parsing", "Expressions", "Functions", "Catalog", "Errors", "Types"],
        ["Planning"] = ["Expressions", "Functions", "Catalog", "Errors", "Types"],
        ["Expressions"] = ["Functions", "Catalog", "Vectors", "Errors", "Types"],
        ["Transactions"] = ["Durability", "Storage", "Catalog", "Vectors", "Errors", "Types"],
        ["Durability"] = ["Storage", "Csv", "Catalog", "Vectors", "Errors", "Types"],
        ["Storage"] = ["Catalog", "Vectors", "Errors", "Types"],
        ["Functions"] = ["Vectors", "Errors", "Types"],
        ["Parsing"] = ["Grammar", "Errors", "Types"],
        ["Catalog"] = ["Errors", "Types"],
        ["Vectors"] = ["Errors", "Types"],
        ["Csv"] = ["Errors"],
        ["Types"] = ["Errors"],
        ["Errors"] = ["Types"],
    };

    [TestMethod]
    public void A_folder_names_only_the_folders_that_its_arrows_allow()
    {
        string[] violations =
        [
            .. from file in SourceFile.Engine
               where file.Folders.Count > 0
               from named in NamedFolders(file.Code)
               where named.Folder != file.Folders[0] && !Arrows.GetValueOrDefault(file.Folders[0], []).Contains(named.Folder)
               select $"{file.RelativePath}({named.Line}): {file.Folders[0]} -> {named.Folder} is not allowed: {named.Text}",
        ];

        Assert.IsEmpty(violations, string.Join('\n', violations));
    }

    [TestMethod]
    public void Every_folder_of_the_engine_is_in_the_table()
    {
        string[] unknown = [.. FoldersOfTheEngine.Where(folder => !Arrows.ContainsKey(folder))];

        Assert.IsEmpty(unknown, $"Folders without a row in the table of arrows: {string.Join(", ", unknown)}");
    }

    [TestMethod]
    public void No_namespace_of_the_engine_is_imported_for_all_files_at_once()
    {
        // A global using would lend one folder's arrows to every other.
        string[] violations =
        [
            .. from file in SourceFile.Engine
               where Regex.IsMatch(file.Code, @"\bglobal\s+using\b")
               select file.RelativePath,
            .. from project in Directory.EnumerateFiles(RepositoryPaths.InRepository("src", "PhantomDb"), "*.csproj")
               where Regex.IsMatch(File.ReadAllText(project), "<Using\\s")
               select Path.GetFileName(project),
        ];

        Assert.IsEmpty(violations, string.Join('\n', violations));
    }

    [TestMethod]
    [DataRow("using PhantomDb.Storage;", "Storage")]
    [DataRow("using static PhantomDb.Storage.RowGroup;", "Storage")]
    [DataRow("using Rows = PhantomDb.Storage.RowGroup;", "Storage")]
    [DataRow("namespace PhantomDb.Binding;\nusing Storage;", "Storage")]
    [DataRow("namespace PhantomDb.Binding;\nusing Rows = Storage.RowGroup;", "Storage")]
    [DataRow("private Storage.RowGroup _rows;", "Storage")]
    [DataRow("new Dictionary<int, Storage . RowGroup>()", "Storage")]
    [DataRow("global::PhantomDb.Storage.RowGroup.Read()", "Storage")]
    [DataRow("Planning.Logical.LogicalFilter filter", "Planning")]
    [DataRow("using Antlr4.Runtime;\nusing PhantomDb.Grammar;", "Grammar")]
    [DataRow("table.Storage.RowGroup", "")]
    [DataRow("Catalog.FindTable(name)", "")]
    [DataRow("namespace PhantomDb.Storage;", "")]
    [DataRow("MyStorage.RowGroup", "")]
    public void The_scan_finds_what_names_a_folder(string code, string expected)
    {
        IEnumerable<string> found = FindNamedFolders(
            code, (_, name) => name is "RowGroup" or "Logical").Select(named => named.Folder).Distinct();

        Assert.AreEqual(expected, string.Join(',', found));
    }

    private static IEnumerable<string> FoldersOfTheEngine =>
        SourceFile.Engine.Where(file => file.Folders.Count > 0).Select(file => file.Folders[0]).Distinct();

    /// <summary>
    /// The names that may follow "Folder." when Folder is the namespace: its types and its folders. They tell a
    /// namespace from a property of the same name (<c>Catalog.FindTable</c>), which is no arrow.
    /// </summary>
    private static readonly HashSet<(string Folder, string Name)> NamesInFolders =
    [
        .. from file in SourceFile.Engine
           where file.Folders.Count > 0
           from name in file.DeclaredTypes.Concat(file.Folders.Skip(1))
           select (file.Folders[0], name),
    ];

    private static IEnumerable<(string Folder, int Line, string Text)> NamedFolders(string code) =>
        FindNamedFolders(code, (folder, name) => NamesInFolders.Contains((folder, name)));

    private static IEnumerable<(string Folder, int Line, string Text)> FindNamedFolders(
        string code, Func<string, string, bool> isNameInFolder)
    {
        foreach (Match match in FolderName.Matches(code))
        {
            bool isNamespace = match.Groups["qualified"].Success
                || match.Groups["using"].Success
                || isNameInFolder(match.Groups["folder"].Value, match.Groups["member"].Value);
            if (isNamespace && !match.Groups["declaration"].Success)
            {
                int line = 1 + code.AsSpan(0, match.Groups["folder"].Index).Count('\n');
                yield return (match.Groups["folder"].Value, line, Regex.Replace(match.Value, @"\s+", " ").Trim());
            }
        }
    }

    // C# finds the namespace PhantomDb.Storage under the bare name Storage anywhere inside PhantomDb.*, so that neither
    // a using nor a prefix need stand before it.
    private static readonly Regex FolderName = new(
        @"(?<declaration>\bnamespace\s+)?"
        + @"(?<using>\busing\s+(?:static\s+|\w+\s*=\s*)?)?"
        + @"(?:(?<qualified>\bPhantomDb\s*\.\s*)|(?<![\w.@]|\.\s))"
        + $@"(?<folder>{string.Join('|', Arrows.Keys.Append("Grammar"))})\b"
        + @"(?:\s*\.\s*(?<member>\w+))?",
        RegexOptions.CultureInvariant);
}
