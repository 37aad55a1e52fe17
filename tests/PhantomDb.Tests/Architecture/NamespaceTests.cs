using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Architecture;

/// <summary>A folder is a namespace. (What ANTLR generates is not looked at.)</summary>
[TestClass]
public sealed class NamespaceTests
{
    [TestMethod]
    public void The_namespace_of_a_file_is_its_project_and_folders()
    {
        string[] violations =
        [
            .. from file in SourceFile.All
               let expected = string.Join('.', [file.ProjectName, .. file.Folders])
               let found = string.Join(", ", file.DeclaredNamespaces)
               where found != expected && (found.Length > 0 || file.DeclaredTypes.Any())
               select $"{file.RelativePath}: namespace {expected} expected, found {(found.Length > 0 ? found : "none")}",
        ];

        Assert.IsEmpty(violations, string.Join('\n', violations));
    }

    [TestMethod]
    public void No_type_has_the_name_of_a_folder_or_project()
    {
        // Inside PhantomDb.* such a name finds the namespace before the type (CS0118).
        HashSet<string> taken =
        [
            .. SourceFile.All.SelectMany(file => file.Folders.Append(file.ProjectName.Split('.')[^1])),
            "Grammar",
        ];
        string[] violations =
        [
            .. from file in SourceFile.All
               from type in file.DeclaredTypes
               where taken.Contains(type)
               select $"{file.RelativePath}: type {type} has the name of a folder or project",
        ];

        Assert.IsEmpty(violations, string.Join('\n', violations));
    }
}
