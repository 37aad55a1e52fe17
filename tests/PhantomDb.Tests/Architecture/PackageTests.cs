using System.Xml.Linq;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Architecture;

/// <summary>Package versions stand in one file, each with its reason.</summary>
[TestClass]
public sealed class PackageTests
{
    private static readonly string CentralFile = RepositoryPaths.InRepository("src", "Directory.Packages.props");

    [TestMethod]
    public void Every_package_version_has_a_comment_above_that_gives_the_reason()
    {
        string[] violations =
        [
            .. from version in XDocument.Load(CentralFile).Descendants("PackageVersion")
               where version.PreviousNode is not XComment comment || string.IsNullOrWhiteSpace(comment.Value)
               select (string?)version.Attribute("Include"),
        ];

        Assert.IsEmpty(violations, $"No comment directly above: {string.Join(", ", violations)}");
    }

    [TestMethod]
    public void Every_package_reference_takes_its_version_from_the_central_file()
    {
        HashSet<string?> central =
            [.. XDocument.Load(CentralFile).Descendants("PackageVersion").Select(version => (string?)version.Attribute("Include"))];
        string[] violations =
        [
            .. from file in TrackedFiles.Paths
               where Path.GetExtension(file) is ".csproj" or ".props" or ".targets"
               from reference in XDocument.Load(RepositoryPaths.InRepository(file)).Descendants("PackageReference")
               let package = (string?)reference.Attribute("Include") ?? (string?)reference.Attribute("Update")
               where !central.Contains(package)
                   || reference.Attribute("Version") is not null
                   || reference.Attribute("VersionOverride") is not null
               select $"{file}: {package}",
        ];

        Assert.IsEmpty(violations, $"Not in Directory.Packages.props, or with a version of its own: {string.Join(", ", violations)}");
    }

    [TestMethod]
    public void Every_project_has_a_lock_file()
    {
        string[] violations =
        [
            .. from file in TrackedFiles.Paths
               where file.EndsWith(".csproj", StringComparison.Ordinal)
               let lockFile = file[..(file.LastIndexOf('/') + 1)] + "packages.lock.json"
               where !TrackedFiles.Paths.Contains(lockFile)
               select lockFile,
        ];

        Assert.IsEmpty(violations, $"Not tracked: {string.Join(", ", violations)}");
    }
}
