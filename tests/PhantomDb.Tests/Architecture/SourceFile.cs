using System.Text.RegularExpressions;

namespace PhantomDb.Tests.Architecture;

/// <summary>
/// One C# file of the repository as the architecture tests see it: its place, and its code without comments and
/// literals. Found by text, not by a compiler: an inferred type that is not named is not seen.
/// </summary>
internal sealed partial class SourceFile
{
    private SourceFile(string projectFolder, string path)
    {
        ProjectName = Path.GetFileName(projectFolder);
        RelativePath = Path.GetRelativePath(RepositoryPaths.Root, path).Replace('\\', '/');
        string folder = Path.GetRelativePath(projectFolder, Path.GetDirectoryName(path)!);
        Folders = folder == "." ? [] : folder.Split(Path.DirectorySeparatorChar);
        Code = CSharpText.WithoutCommentsAndLiterals(File.ReadAllText(path));
    }

    /// <summary>The name of the project's folder, which is the name of its assembly.</summary>
    public string ProjectName { get; }

    /// <summary>The path from the root of the repository, with forward slashes.</summary>
    public string RelativePath { get; }

    /// <summary>The folders between the project and the file; none for a file at the project's root.</summary>
    public IReadOnlyList<string> Folders { get; }

    public string Code { get; }

    /// <summary>The names of all types that the file declares, nested ones too.</summary>
    public IEnumerable<string> DeclaredTypes =>
        TypeDeclaration().Matches(Code).Select(match => match.Groups["name"].Value);

    /// <summary>The namespaces that the file declares.</summary>
    public IEnumerable<string> DeclaredNamespaces =>
        NamespaceDeclaration().Matches(Code).Select(match => match.Groups["name"].Value);

    /// <summary>Every file of the projects under src/ and tests/.</summary>
    public static IReadOnlyList<SourceFile> All { get; } =
        [.. ProjectFolders("src", "tests").SelectMany(InProject)];

    /// <summary>Every file of the engine.</summary>
    public static IReadOnlyList<SourceFile> Engine { get; } =
        [.. All.Where(file => file.ProjectName == "PhantomDb")];

    private static IEnumerable<string> ProjectFolders(params string[] parents) =>
        parents.SelectMany(parent => Directory.EnumerateDirectories(RepositoryPaths.InRepository(parent)))
            .Where(folder => Directory.EnumerateFiles(folder, "*.csproj").Any());

    private static IEnumerable<SourceFile> InProject(string projectFolder) =>
        Directory.EnumerateFiles(projectFolder, "*.cs", SearchOption.AllDirectories)
            .Where(path => !BuildOutput().IsMatch(Path.GetRelativePath(projectFolder, path)))
            .Order(StringComparer.Ordinal)
            .Select(path => new SourceFile(projectFolder, path));

    [GeneratedRegex(@"^(bin|obj)[\\/]")]
    private static partial Regex BuildOutput();

    [GeneratedRegex(@"\b(?:class|struct|interface|enum|record(?:\s+(?:class|struct))?|delegate\s+[\w.<>\[\]?, ]+?)\s+(?<name>\w+)\s*(?=[<({:;]|where\b)")]
    private static partial Regex TypeDeclaration();

    [GeneratedRegex(@"^\s*namespace\s+(?<name>[\w.]+)", RegexOptions.Multiline)]
    private static partial Regex NamespaceDeclaration();
}
