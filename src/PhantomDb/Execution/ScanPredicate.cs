using PhantomDb.Errors;
using PhantomDb.Execution.Physical;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Storage;
using PhantomDb.Transactions;
using PhantomDb.Vectors;

namespace PhantomDb.Execution;

/// <summary>A scan's filter, kept for the commit of a SERIALIZABLE transaction.</summary>
internal sealed class ScanPredicate : ReadPredicate
{
    private readonly PhysicalScan _scan;
    private readonly Vector[] _parameters;
    private readonly PredicateEvaluator _filter;
    private readonly DataChunk _chunk;
    private readonly int[] _selection = new int[1];

    private ScanPredicate(PhysicalScan scan, ExecutionContext context, TableStore table)
        : base(table)
    {
        _scan = scan;
        _parameters = context.Evaluation.Parameters;
        _filter = new PredicateEvaluator(scan.Filter!, context.Evaluation);
        _chunk = new DataChunk([.. scan.Columns.Take(scan.ColumnNumbers.Count).Select(c => c.Type.Physical)]);
        Row = new RowBuffer([.. scan.ColumnNumbers]);
    }

    public override RowBuffer Row { get; }

    /// <summary>
    /// Notes what a scan reads, where the transaction wants to know. Only a filter that says the same later as now is kept; of a
    /// scan with another, or within a loop whose values change, the whole table counts as read.
    /// </summary>
    public static void Note(PhysicalScan scan, ExecutionContext context)
    {
        if (context.Reader is not { NotesReads: true } transaction)
        {
            return;
        }
        TableStore table = context.Tables[scan.Table.Oid];
        bool isKept = scan.Filter is not null
            && ExpressionFacts.VolatilityOf(scan.Filter) == Volatility.Immutable
            && !ExpressionFacts.Any(scan.Filter, part => part is ParameterExpression parameter && parameter.Index >= context.ParameterCount);
        transaction.NoteRead(isKept ? new ScanPredicate(scan, context, table) : new WholeTablePredicate(table));
    }

    public override bool Matches(RowBuffer row)
    {
        try
        {
            RowBuffer.Clear(_chunk);
            row.AppendTo(_chunk);
            return _filter.Select(_chunk, _selection) > 0;
        }
        catch (PhantomDbException)
        {
            return true;   // the statement would have failed on this row
        }
    }

    public override bool Covers(ReadPredicate other) =>
        other is ScanPredicate scan && ReferenceEquals(scan._scan, _scan) && ReferenceEquals(scan._parameters, _parameters);
}
