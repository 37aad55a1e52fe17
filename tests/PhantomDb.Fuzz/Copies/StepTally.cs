using System.Globalization;
using System.Text.RegularExpressions;

namespace PhantomDb.Fuzz.Copies;

/// <summary>How often each kind of step was done, and each kind of refusal was met.</summary>
internal sealed partial class StepTally
{
    private readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal);

    public void Count(string what) => _counts[what] = _counts.GetValueOrDefault(what) + 1;

    /// <summary>An error of the database, without what differs from one to the next.</summary>
    public void CountRefusal(string step, PhantomDbException error) => Count($"{step}: {error.SqlState} {Varying().Replace(error.Message, "…")}");

    public int Of(string start) => _counts.Where(count => count.Key.StartsWith(start, StringComparison.Ordinal)).Sum(count => count.Value);

    /// <summary>A line for each kind.</summary>
    public IEnumerable<string> Lines => _counts.Select(count => string.Create(CultureInfo.InvariantCulture, $"{count.Value,8} {count.Key}"));

    [GeneratedRegex("(?<=\")[^\"]*/(?=[^/\"]+\")|[0-9_]*[0-9]")]
    private static partial Regex Varying();
}
