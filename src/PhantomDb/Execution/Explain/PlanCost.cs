using PhantomDb.Catalog;
using PhantomDb.Execution.Indexes;
using PhantomDb.Execution.Physical;
using PhantomDb.Types;

namespace PhantomDb.Execution.Explain;

/// <summary>
/// What an operator and all below it are expected to cost, before the first row and in all, with the rows expected and
/// their width in bytes. The unit is PostgreSQL's in spirit: reading a row of a scan costs 0.01. For people who compare
/// plans; the planner itself decides by rows.
/// </summary>
internal readonly record struct PlanCost(double Startup, double Total, double Rows, int Width)
{
    private const double ScanRow = 0.01;
    private const double Evaluation = 0.0025;     // of one expression for one row
    private const double HashedRow = 0.02;
    private const double ProbedRow = 0.01;
    private const double ComparedRow = 0.005;     // times the logarithm, in a sort
    private const double PassedRow = 0.005;
    private const double WrittenRow = 0.05;
    private const int StringWidth = 32;

    public static readonly PlanCost Unknown = new(double.NaN, double.NaN, double.NaN, 0);

    /// <summary>The cost of an operator over inputs whose costs are known.</summary>
    public static PlanCost Of(PhysicalOperator plan, IReadOnlyList<PlanCost> inputs, ICatalogStatistics? statistics)
    {
        double rows = double.IsNaN(plan.EstimatedRows) ? inputs.Count > 0 ? inputs[0].Rows : 1 : plan.EstimatedRows;
        rows = Math.Max(1, Math.Round(rows));
        (double startup, double total) = plan switch
        {
            PhysicalScan scan => (0, TableRows(scan, statistics, rows) * (ScanRow + (scan.Filter is null ? 0 : Evaluation))),
            PhysicalIndexScan scan => (IndexCost.Seek * ScanRow, IndexCost.OfIndexRows(scan, rows, RangeCount(scan)) * ScanRow),
            PhysicalFilter => (inputs[0].Startup, inputs[0].Total + (inputs[0].Rows * Evaluation)),
            PhysicalProject project => (inputs[0].Startup, inputs[0].Total + (rows * Evaluation * project.Expressions.Count)),
            PhysicalHashJoin => HashJoin(inputs[0], inputs[1], rows),
            PhysicalIndexJoin => (inputs[0].Startup, inputs[0].Total + (inputs[0].Rows * inputs[1].Total) + (rows * PassedRow)),
            PhysicalNestedLoopJoin => (inputs[1].Total, inputs[0].Total + inputs[1].Total + (inputs[0].Rows * inputs[1].Rows * Evaluation)),
            PhysicalDependentJoin => (inputs[0].Startup, inputs[0].Total + (inputs[0].Rows * (inputs[1].Total + PassedRow))),
            PhysicalAggregate aggregate => Blocking(inputs[0].Total + (inputs[0].Rows * Evaluation * (aggregate.Groups.Count + aggregate.Aggregates.Count)), rows),
            PhysicalSort => Blocking(inputs[0].Total + (inputs[0].Rows * Math.Log2(Math.Max(2, inputs[0].Rows)) * ComparedRow), rows),
            PhysicalWindow window => Blocking(inputs[0].Total + (inputs[0].Rows * ((Math.Log2(Math.Max(2, inputs[0].Rows)) * ComparedRow) + (Evaluation * window.Calls.Count))), rows),
            PhysicalLimit => (inputs[0].Startup, inputs[0].Startup + ((inputs[0].Total - inputs[0].Startup) * Math.Min(1, rows / Math.Max(1, inputs[0].Rows)))),
            PhysicalSetOperation => (inputs[1].Total, inputs.Sum(i => i.Total + (i.Rows * HashedRow))),
            PhysicalDistinct => (inputs[0].Startup, inputs[0].Total + (inputs[0].Rows * HashedRow)),
            _ => (inputs.Count == 0 ? 0 : inputs.Min(i => i.Startup), inputs.Sum(i => i.Total) + (rows * PassedRow)),
        };
        return new PlanCost(startup, total, rows, WidthOf(plan));
    }

    /// <summary>The cost of writing an input's rows into a table.</summary>
    public static PlanCost OfModification(PlanCost input, bool givesRows) =>
        input with { Total = input.Total + (input.Rows * WrittenRow), Rows = givesRows ? input.Rows : 0, Width = givesRows ? input.Width : 0 };

    private static (double Startup, double Total) HashJoin(PlanCost left, PlanCost right, double rows)
    {
        double built = right.Total + (right.Rows * HashedRow);
        return (built + left.Startup, built + left.Total + (left.Rows * ProbedRow) + (rows * PassedRow));
    }

    private static (double Startup, double Total) Blocking(double startup, double rows) => (startup, startup + (rows * PassedRow));

    private static double TableRows(PhysicalScan scan, ICatalogStatistics? statistics, double rows) =>
        statistics is null ? rows : Math.Max(1, statistics.OfTable(scan.Table.Oid).RowCount);

    private static double RangeCount(PhysicalIndexScan scan) => scan.Keys.Aggregate(1.0, (count, key) => count * Math.Max(1, key.Values.Count));

    private static int WidthOf(PhysicalOperator plan) => plan.Columns.Sum(c => c.Type.Physical switch
    {
        PhysicalType.Boolean => 1,
        PhysicalType.Int16 => 2,
        PhysicalType.Int32 or PhysicalType.Real => 4,
        PhysicalType.Int64 or PhysicalType.Double => 8,
        PhysicalType.String => StringWidth,
        _ => 16,
    });
}
