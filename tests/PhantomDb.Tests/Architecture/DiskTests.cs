using System.Text.RegularExpressions;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Architecture;

/// <summary>Only the file-system seam touches the disk: what goes past it is not seen by the simulated disk of the crash tests.</summary>
[TestClass]
public sealed class DiskTests
{
    /// <summary>The seam itself, and COPY, whose files are the user's and no part of the database.</summary>
    private static readonly string[] Allowed =
    [
        "src/PhantomDb/Durability/PhysicalFileSystem.cs",
        "src/PhantomDb/Durability/FileLock.cs",
        "src/PhantomDb/Durability/FilePermissions.cs",
        "src/PhantomDb/Execution/Copy/CopyRunner.cs",
    ];

    // Bare names of .NET's types for files and folders, used or made; our own IFileSystem has none of these names.
    private static readonly Regex DiskAccess = new(
        @"(?<![\w.])(?:System\.IO\.)?(?:File|Directory|RandomAccess|FileInfo|DirectoryInfo|FileStream|FileSystemWatcher|DriveInfo)\s*\."
        + @"|new\s+(?:FileInfo|DirectoryInfo|FileStream|FileSystemWatcher|DriveInfo)\b",
        RegexOptions.CultureInvariant);

    [TestMethod]
    public void P9_nothing_beside_the_seam_touches_the_disk()
    {
        string[] violations =
        [
            .. from file in SourceFile.Engine
               where !Allowed.Contains(file.RelativePath)
               from match in DiskAccess.Matches(file.Code)
               select $"{file.RelativePath}({1 + file.Code.AsSpan(0, match.Index).Count('\n')}): {match.Value}",
        ];

        Assert.IsEmpty(violations, string.Join('\n', violations));
    }

    [TestMethod]
    [DataRow("File.Exists(path)", true)]
    [DataRow("System.IO.Directory.CreateDirectory(path)", true)]
    [DataRow("new FileStream(path, mode)", true)]
    [DataRow("files.Delete(path)", false)]
    [DataRow("output.File.Append(bytes)", false)]
    [DataRow("Path.GetFullPath(path)", false)]
    public void The_scan_finds_what_touches_the_disk(string code, bool expected) => Assert.AreEqual(expected, DiskAccess.IsMatch(code));
}
