using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Architecture;

/// <summary>The repository names no machine and no package host: it must build anywhere, from any feed.</summary>
[TestClass]
public sealed class TextTests
{
    // Written in two halves, or this file would be the first to be found.
    private static readonly string[] Forbidden =
    [
        "/wo" + "rk/", "/opt/nu" + "get", "/ho" + "me/", "/ro" + "ot/",
        "nuget" + ".org", "npm" + "js", "npm" + "mirror", "repo1." + "maven",
    ];

    [TestMethod]
    public void No_tracked_file_names_a_path_of_one_machine_or_a_package_host()
    {
        byte[][] patterns = [.. Forbidden.Select(Encoding.UTF8.GetBytes)];
        string[] violations =
        [
            .. from file in TrackedFiles.Paths
               let bytes = File.ReadAllBytes(RepositoryPaths.InRepository(file))
               from pattern in patterns
               let offset = bytes.AsSpan().IndexOf(pattern)
               where offset >= 0
               select $"{file}({1 + bytes.AsSpan(0, offset).Count((byte)'\n')}): {Encoding.UTF8.GetString(pattern)}",
        ];

        Assert.IsEmpty(violations, string.Join('\n', violations));
    }
}
