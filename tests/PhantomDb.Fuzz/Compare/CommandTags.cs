using System.Text.RegularExpressions;

namespace PhantomDb.Fuzz.Compare;

/// <summary>Tells the line with a command's tag from a row of its result: our names of columns are in lower case.</summary>
internal static partial class CommandTags
{
    public static bool IsTag(string line) => Tag().IsMatch(line);

    [GeneratedRegex(@"^(INSERT \d+ \d+|(UPDATE|DELETE|SELECT|COPY) \d+|[A-Z]+( [A-Z]+)*)$")]
    private static partial Regex Tag();
}
