using System.Globalization;
using System.Text.RegularExpressions;

namespace PhantomDb.Shell.Output;

/// <summary>An operator of a plan; numbers are NaN where EXPLAIN has not given them. Rows are those of a loop, the time is that of all loops.</summary>
internal sealed record ExplainNode(string Title, double Cost, double Rows, double ActualRows, double Milliseconds, long Loops)
{
    public List<string> Details { get; } = [];

    public List<ExplainNode> Children { get; } = [];

    public bool HasRun => Loops > 0;

    /// <summary>How many times too many rows were expected, or too few where it is below 1.</summary>
    public double Misestimate => HasRun && !double.IsNaN(Rows) ? Math.Max(1, Rows) / Math.Max(1, ActualRows) : 1;
}

/// <summary>A plan, made again of the lines in which EXPLAIN gives it: PostgreSQL's, in which an operator begins with an arrow, and its depth is where that stands.</summary>
internal sealed partial class ExplainTree
{
    private const string Arrow = "->  ";

    private ExplainTree(ExplainNode root) => Root = root;

    public ExplainNode Root { get; }

    /// <summary>Times of planning and running, as lines.</summary>
    public List<string> Summary { get; } = [];

    /// <summary>Null where the lines are no plan as text: one as JSON.</summary>
    public static ExplainTree? Parse(IReadOnlyList<string> lines)
    {
        if (lines.Count == 0 || lines[0].StartsWith('['))
        {
            return null;
        }
        ExplainTree tree = new(Node(lines[0]));
        List<ExplainNode> path = [tree.Root];
        foreach (string line in lines.Skip(1))
        {
            string text = line.TrimStart(' ');
            int indent = line.Length - text.Length;
            int depth = (indent + 4) / 6;   // as PlanTextWriter indents
            if (text.StartsWith(Arrow, StringComparison.Ordinal) && depth >= 1 && depth <= path.Count)
            {
                ExplainNode node = Node(text[Arrow.Length..]);
                path.RemoveRange(depth, path.Count - depth);
                path[^1].Children.Add(node);
                path.Add(node);
            }
            else if (indent == 0)
            {
                tree.Summary.Add(text);
            }
            else
            {
                path[^1].Details.Add(text);
            }
        }
        return tree;
    }

    private static ExplainNode Node(string line)
    {
        Match match = NodeLine().Match(line);
        double loops = Number("loops", 0);
        return new ExplainNode(match.Groups["title"].Value, Number("cost", double.NaN), Number("rows", double.NaN), Number("actual", double.NaN), Number("time", double.NaN) * loops, (long)loops);

        double Number(string group, double otherwise) => match.Groups[group] is { Success: true, Value: var value } ? double.Parse(value, CultureInfo.InvariantCulture) : otherwise;
    }

    [GeneratedRegex(@"^(?<title>.*?)(  \(cost=[\d.]+\.\.(?<cost>[\d.]+) rows=(?<rows>\d+) width=\d+\))?( \(actual (time=(?<time>[\d.]+) )?rows=(?<actual>\d+) loops=(?<loops>\d+)\)| \(never executed\))?$")]
    private static partial Regex NodeLine();
}
