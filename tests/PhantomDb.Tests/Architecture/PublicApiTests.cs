using System.Reflection;
using System.Xml.Linq;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Architecture;

/// <summary>What users of an assembly can name is listed in a file beside this one: a change of it is a change in plain sight.</summary>
[TestClass]
public sealed class PublicApiTests
{
    private const string AcceptVariable = "PHANTOMDB_ACCEPT_PUBLIC_API";

    [TestMethod]
    [DataRow("PhantomDb", "PublicApi.txt")]
    [DataRow("PhantomDb.Data", "PublicApi.Data.txt")]
    [DataRow("PhantomDb.Hosting", "PublicApi.Hosting.txt")]
    public void The_public_surface_of_an_assembly_is_what_its_list_says(string assembly, string list)
    {
        string[] actual = [.. PublicApi.Describe(Assembly.Load(assembly))];
        string path = RepositoryPaths.InRepository("tests", "PhantomDb.Tests", "Architecture", list);
        if (Environment.GetEnvironmentVariable(AcceptVariable) == "1")
        {
            File.WriteAllText(path, string.Join('\n', actual) + "\n");
            return;
        }

        string[] listed = File.ReadAllText(path).TrimEnd('\n').Split('\n');
        string[] difference =
        [
            .. listed.Except(actual).Select(line => $"- {line}"),
            .. actual.Except(listed).Select(line => $"+ {line}"),
        ];

        Assert.IsEmpty(difference, $"""
            The public API changed (- listed, + built):
            {string.Join('\n', difference)}
            If that is meant, rewrite the list and commit it:
            {AcceptVariable}=1 dotnet test -c Release tests/PhantomDb.Tests --filter FullyQualifiedName~PublicApiTests
            """);
    }

    [TestMethod]
    [DataRow("PhantomDb")]
    [DataRow("PhantomDb.Data")]
    [DataRow("PhantomDb.Hosting")]
    public void A_public_member_has_one_summary_also_where_its_type_is_in_several_files(string assembly)
    {
        HashSet<string> types = [.. Assembly.Load(assembly).GetExportedTypes().Select(type => $"T:{type.FullName!.Replace('+', '.')}")];
        XElement[] members = [.. XDocument.Load(Path.Combine(AppContext.BaseDirectory, $"{assembly}.xml")).Descendants("member")];
        Assert.IsTrue(types.IsSubsetOf(members.Select(member => member.Attribute("name")!.Value)));
        string[] several = [.. members.Where(member => member.Elements("summary").Count() > 1).Select(member => member.Attribute("name")!.Value).Where(types.Contains)];
        Assert.IsEmpty(several, $"The parts of a type beside its main one say what they are about in // comments: {string.Join(", ", several)}");
    }

    [TestMethod]
    public void A_type_is_listed_with_its_kind_and_its_members_with_their_signatures()
    {
        string[] expected =
        [
            "abstract class PublicApiTests.Sample<T> : IDisposable",
            "const int PublicApiTests.Sample<T>.Size = 3",
            "protected PublicApiTests.Sample<T>.Sample(int? count = null)",
            "T PublicApiTests.Sample<T>.Value { get; protected init; }",
            "string PublicApiTests.Sample<T>.this[int index] { get; }",
            "event Action<T[]> PublicApiTests.Sample<T>.Changed",
            "void PublicApiTests.Sample<T>.Dispose()",
            "static bool PublicApiTests.Sample<T>.TryRead<TOther>(in ReadOnlySpan<byte> text, out TOther value, ref long offset, params string[] names)",
            "protected abstract (int, string) PublicApiTests.Sample<T>.Read(string name = \"a\")",
            "override string PublicApiTests.Sample<T>.ToString()",
        ];

        string[] actual = [.. PublicApi.Describe(typeof(Sample<>))];
        CollectionAssert.AreEquivalent(
            expected, Array.ConvertAll(actual, line => line.Replace("PhantomDb.Tests.Architecture.", "", StringComparison.Ordinal)),
            string.Join('\n', actual));
    }

    [TestMethod]
    public void A_delegate_is_listed_as_one_line_and_an_enum_with_its_values()
    {
        CollectionAssert.AreEqual(
            new[] { "delegate T PhantomDb.Tests.Architecture.PublicApiTests.Reader<T>(string text)" },
            PublicApi.Describe(typeof(Reader<>)).ToArray());
        CollectionAssert.AreEqual(
            new[]
            {
                "enum PhantomDb.Tests.Architecture.PublicApiTests.Mode : byte",
                "PhantomDb.Tests.Architecture.PublicApiTests.Mode.Fast = 7",
            },
            PublicApi.Describe(typeof(Mode)).ToArray());
    }

    public delegate T Reader<T>(string text);

    public enum Mode : byte { Fast = 7 }

    public abstract class Sample<T>(int? count = null) : IDisposable
    {
        public const int Size = 3;

        public event Action<T[]>? Changed;

        public T Value { get; protected init; } = default!;

        internal int? Count { get; } = count;

        public string this[int index] => $"{index}";

        public static bool TryRead<TOther>(
            in ReadOnlySpan<byte> text, out TOther value, ref long offset, params string[] names)
        {
            value = default!;
            return text.Length > offset && names.Length > 0;
        }

        public void Dispose()
        {
            Changed?.Invoke([]);
            GC.SuppressFinalize(this);
        }

        public override string ToString() => "";

        protected abstract (int Count, string Text) Read(string name = "a");
    }
}
