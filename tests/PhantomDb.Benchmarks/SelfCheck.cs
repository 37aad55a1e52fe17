using PhantomDb.Benchmarks.Engines;
using PhantomDb.Benchmarks.Measuring;
using PhantomDb.Benchmarks.Tpch;

namespace PhantomDb.Benchmarks;

/// <summary>Checks of the benchmarks themselves that need no engine: comparing answers, making ratios, the data generator.</summary>
internal static class SelfCheck
{
    public static bool Run(double scaleFactor, TextWriter output)
    {
        using var report = new StringWriter();
        bool good = CheckComparison(report) & CheckRatios(report) & TpchSelfCheck.Run(scaleFactor, report);
        string[] lines = report.ToString().Split(report.NewLine, StringSplitOptions.RemoveEmptyEntries);
        int passed = lines.Count(line => line.StartsWith("ok ", StringComparison.Ordinal));
        Array.ForEach(lines, output.WriteLine);
        output.WriteLine($"{passed} passed, {lines.Length - passed} failed, 0 skipped");
        return good;
    }

    private static bool CheckComparison(TextWriter output)
    {
        (Cell Left, Cell Right, bool Equal)[] cases =
        [
            (Exact("1.50"), Exact("1.5"), true),
            (Exact("100"), Exact("1"), false),
            (Exact("-0.01"), Exact("0.01"), false),
            (Exact("12345678901234567890.01"), Exact("12345678901234567890.02"), false),
            (Floating("1.0000000000001"), Floating("1"), true),
            (Floating("1.00000000001"), Floating("1"), false),
            (Floating("2"), Exact("2.00"), true),
            (Floating("NaN"), Floating("NaN"), true),
            (Text("a  "), Text("a"), true),
            (Text(" a"), Text("a"), false),
            (Cell.Null, Text(""), false),
            (Cell.Null, Cell.Null, true),
        ];
        bool good = true;
        foreach ((Cell left, Cell right, bool equal) in cases)
        {
            good &= Report(output, (Difference([left], [right]) is null) == equal, $"{left} and {right} are {(equal ? "equal" : "different")}");
        }

        good &= Report(output, Difference([Text("a"), Text("b")], [Text("b"), Text("a")]) is null, "tied rows may stand in any order");
        good &= Report(output, Difference([Text("a"), Text("b")], [Text("a"), Text("a")]) is not null, "rows that repeat are counted");
        return good & Report(output, Difference([Text("a")], []) is not null, "a missing row is a difference");
    }

    private static bool CheckRatios(TextWriter output)
    {
        double[][] samples = [[10, 30, 20], [20, 10, 20]];
        var rates = new Measurement("", "", Better.Larger, ["a", "b"], samples);
        var times = new Measurement("", "", Better.Smaller, ["a", "b"], samples);
        return Report(output, rates.Ratio(1) == (0.5, 1, 3), "ratios of rates are made within rounds") &
            Report(output, times.Ratio(1) is (var min, 1, 2) && Math.Abs(min - 1 / 3.0) < 1e-15, "ratios of times are turned round");
    }

    private static string? Difference(Cell[] left, Cell[] right) => ResultComparison.Difference(Table(left), Table(right), digits: 12);

    private static ResultTable Table(Cell[] column)
    {
        var table = new ResultTable(columnCount: 1);
        table.Rows.AddRange(column.Select(cell => (Cell[])[cell]));
        return table;
    }

    private static Cell Exact(string text) => new(CellKind.Exact, text);

    private static Cell Floating(string text) => new(CellKind.Floating, text);

    private static Cell Text(string text) => new(CellKind.Text, text);

    private static bool Report(TextWriter output, bool good, string what)
    {
        output.WriteLine($"{(good ? "ok   " : "WRONG")} {what}");
        return good;
    }
}
