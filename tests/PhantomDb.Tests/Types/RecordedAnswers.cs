using System.Text;

namespace PhantomDb.Tests.Types;

/// <summary>
/// Answers recorded from PostgreSQL 15 by Recorded/record.py, and how to compare ours with them. A recorded answer is
/// text, or `!SQLSTATE message`.
/// </summary>
internal static class RecordedAnswers
{
    public static IEnumerable<string[]> Read(string name)
    {
        foreach (string line in File.ReadLines(Path.Combine(Folder(), name + ".tsv")))
        {
            string[] fields = line.Split('\t');
            for (int i = 1; i < fields.Length - 1; i++)
            {
                fields[i] = fields[i].Replace("\\n", "\n").Replace("\\t", "\t").Replace("\\\\", "\\");
            }

            yield return fields;
        }
    }

    /// <summary>Runs every recorded case and fails with all differences at once.</summary>
    public static void Check(string name, Func<string[], string> ours, Func<string[], string, string, bool>? accept = null)
    {
        var differences = new List<string>();
        int count = 0;
        foreach (string[] fields in Read(name))
        {
            count++;
            string actual = Answer(() => ours(fields));
            string expected = fields[^1];
            if (actual != expected && !(accept?.Invoke(fields, expected, actual) ?? false))
            {
                differences.Add($"{string.Join(" | ", fields[..^1])}: expected {expected} but was {actual}");
            }
        }

        Assert.IsGreaterThan(0, count);
        Assert.AreEqual(0, differences.Count,
            $"{differences.Count} of {count} differ:\n{string.Join('\n', differences.Take(60))}");
    }

    /// <summary>What the call returns, or `!SQLSTATE message` for an error of the database.</summary>
    public static string Answer(Func<string> call)
    {
        try
        {
            return call();
        }
        catch (PhantomDbException e)
        {
            return $"!{e.SqlState} {e.Message}";
        }
    }

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static string Folder()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "PhantomDb.sln")))
        {
            folder = folder.Parent;
        }

        Assert.IsNotNull(folder, "the repository's root was not found above the test's folder");
        return Path.Combine(folder.FullName, "tests", "PhantomDb.Tests", "Types", "Recorded");
    }
}
