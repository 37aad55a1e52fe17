using System.Globalization;

namespace PhantomDb.Execution.Explain;

/// <summary>A plan as lines, indented as PostgreSQL does.</summary>
internal static class PlanTextWriter
{
    public static IReadOnlyList<string> Write(PlanNode root, ExplainView view)
    {
        List<string> lines = [];
        Write(root, 0, view, lines);
        return lines;
    }

    private static void Write(PlanNode node, int depth, ExplainView view, List<string> lines)
    {
        string arrow = depth == 0 ? "" : "->  ";
        string indent = new(' ', depth == 0 ? 0 : (depth * 6) - 4);
        lines.Add(indent + arrow + node.Label + node.Title + Numbers(node, view));
        foreach ((string name, object value) in node.Details)
        {
            string text = value is IEnumerable<string> list ? string.Join(", ", list) : Convert.ToString(value, CultureInfo.InvariantCulture)!;
            lines.Add($"{indent}{new string(' ', arrow.Length)}  {name}: {text}");
        }
        foreach (PlanNode child in node.Children)
        {
            Write(child, depth + 1, view, lines);
        }
    }

    private static string Numbers(PlanNode node, ExplainView view)
    {
        string text = "";
        if (view.ShowsCosts && !double.IsNaN(node.Cost.Total))
        {
            text = string.Create(CultureInfo.InvariantCulture,
                $"  (cost={node.Cost.Startup:0.00}..{node.Cost.Total:0.00} rows={node.Cost.Rows:0} width={node.Cost.Width})");
        }
        if (node.Actual is not { } actual)
        {
            return text;
        }
        if (actual.Loops == 0)
        {
            return text + " (never executed)";
        }
        string time = view.ShowsTimes ? string.Create(CultureInfo.InvariantCulture, $"time={actual.Milliseconds / actual.Loops:0.000} ") : "";
        return text + string.Create(CultureInfo.InvariantCulture, $" (actual {time}rows={actual.Rows / actual.Loops} loops={actual.Loops})");
    }
}
