using System.Text;

namespace PhantomDb.SqlLogicTests;

/// <summary>Shows a failure to a person: place, SQL, what is wrong, and both results side by side in order.</summary>
public static class FailureText
{
    private const int LineCountMax = 40;

    public static string Of(string path, SltFailure failure)
    {
        var text = new StringBuilder();
        text.Append($"  {path}:{failure.Line}: {failure.Problem}\n");
        AppendIndented(text, failure.Sql.Split('\n'));
        Append(text, "expected", failure.Expected);
        Append(text, "actual", failure.Actual);
        if (failure.Detail is { } detail)
        {
            Append(text, "detail", detail.Split('\n'));
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, string title, IReadOnlyList<string>? lines)
    {
        if (lines is not null)
        {
            text.Append($"    -- {title}:\n");
            AppendIndented(text, lines);
        }
    }

    private static void AppendIndented(StringBuilder text, IReadOnlyList<string> lines)
    {
        foreach (var line in lines.Take(LineCountMax))
        {
            text.Append("    ").Append(line).Append('\n');
        }

        if (lines.Count > LineCountMax)
        {
            text.Append($"    ... {lines.Count - LineCountMax} more lines\n");
        }
    }
}
