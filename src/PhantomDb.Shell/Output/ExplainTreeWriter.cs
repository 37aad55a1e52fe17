using System.Globalization;

namespace PhantomDb.Shell.Output;

/// <summary>
/// Draws a plan as a tree, its numbers in columns to the right; of a plan that has run, the operator whose rows were estimated worst is marked.
/// <code>
///                           cost  rows  actual     ms
/// Hash Join                   46   300     990  1.204
/// │  Hash Cond: (a = a)
/// ├─ Seq Scan on u            30   300     990  0.310  ◀ 3.3 times more rows than estimated
/// └─ Seq Scan on t            10  1000    1000  0.120
/// </code>
/// </summary>
internal static class ExplainTreeWriter
{
    private const double MarkedFrom = 2;
    private const int TitleWidthMin = 20;

    /// <param name="tree">The plan.</param>
    /// <param name="screenWidth">Columns to which lines are cut; 0 for no limit. Marks are not.</param>
    /// <param name="output">Where it goes.</param>
    public static void Write(ExplainTree tree, int screenWidth, OutputSink output)
    {
        List<(string Text, ExplainNode? Node)> lines = [];
        Add(tree.Root, "", "", lines);
        ExplainNode[] nodes = [.. lines.Where(line => line.Node is not null).Select(line => line.Node!)];
        ExplainNode worst = nodes.MaxBy(node => Math.Max(node.Misestimate, 1 / node.Misestimate))!;
        Column[] columns = [.. Columns(nodes)];
        int numbersWidth = columns.Sum(column => column.Width + 2);
        int titleWidth = lines.Where(line => line.Node is not null).Max(line => TextWidth.Of(line.Text));
        titleWidth = screenWidth == 0 ? titleWidth : Math.Min(titleWidth, Math.Max(TitleWidthMin, screenWidth - numbersWidth));
        if (columns.Length > 0)
        {
            output.WriteLine(new string(' ', titleWidth) + string.Concat(columns.Select(column => "  " + column.Name.PadLeft(column.Width))));
        }
        foreach ((string text, ExplainNode? node) in lines)
        {
            if (node is null)
            {
                output.WriteLine(screenWidth == 0 ? text : TextWidth.Cut(text, screenWidth));
                continue;
            }
            string title = TextWidth.Cut(text, titleWidth);
            string numbers = string.Concat(columns.Select(column => "  " + column.Value(node).PadLeft(column.Width)));
            string mark = ReferenceEquals(node, worst) ? Mark(node) : "";
            output.WriteLine((title + new string(' ', titleWidth - TextWidth.Of(title)) + numbers + mark).TrimEnd());
        }
        tree.Summary.ForEach(output.WriteLine);
    }

    private static void Add(ExplainNode node, string before, string below, List<(string, ExplainNode?)> lines)
    {
        lines.Add((before + node.Title, node));
        lines.AddRange(node.Details.Select(detail => (below + (node.Children.Count > 0 ? "│  " : "   ") + detail, (ExplainNode?)null)));
        for (int i = 0; i < node.Children.Count; i++)
        {
            bool isLast = i == node.Children.Count - 1;
            Add(node.Children[i], below + (isLast ? "└─ " : "├─ "), below + (isLast ? "   " : "│  "), lines);
        }
    }

    // Only those of which there is something to tell.
    private static IEnumerable<Column> Columns(ExplainNode[] nodes)
    {
        if (nodes.Any(node => !double.IsNaN(node.Cost)))
        {
            yield return new Column("cost", node => Text(node.Cost, "0.00"), nodes);
            yield return new Column("rows", node => Text(node.Rows, "0"), nodes);
        }
        if (nodes.Any(node => node.HasRun))
        {
            yield return new Column("actual", node => node.HasRun ? Text(node.ActualRows, "0") : "not run", nodes);
        }
        if (nodes.Any(node => !double.IsNaN(node.Milliseconds)))
        {
            yield return new Column("ms", node => Text(node.Milliseconds, "0.000"), nodes);
        }
        if (nodes.Any(node => node.Loops > 1))
        {
            yield return new Column("loops", node => Text(node.Loops, "0"), nodes);
        }
    }

    private static string Text(double number, string format) => double.IsNaN(number) ? "" : number.ToString(format, CultureInfo.InvariantCulture);

    private static string Mark(ExplainNode node)
    {
        double times = Math.Max(node.Misestimate, 1 / node.Misestimate);
        return times < MarkedFrom ? "" : $"  ◀ {Text(times, times < 10 ? "0.0" : "0")} times {(node.Misestimate > 1 ? "fewer" : "more")} rows than estimated";
    }

    private sealed class Column(string name, Func<ExplainNode, string> value, ExplainNode[] nodes)
    {
        public string Name => name;

        public int Width { get; } = Math.Max(name.Length, nodes.Max(node => value(node).Length));

        public string Value(ExplainNode node) => value(node);
    }
}
