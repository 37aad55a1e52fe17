using System.Globalization;
using PhantomDb.Catalog;
using PhantomDb.Execution.Explain;
using PhantomDb.Execution.Physical;
using PhantomDb.Planning.Logical;
using PhantomDb.Storage;
using PhantomDb.Transactions;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution;

/// <summary>
/// Carries out bound statements about rows and definitions within a transaction that has begun reading or writing. Neither
/// binds nor ends the transaction; a failure leaves changes for the caller to undo.
/// </summary>
internal sealed class StatementRunner(StatementScope scope)
{
    private int _firstDoubt;

    // A statement some of whose WITH queries change tables: carries out those that it reads.
    private void Begin(BoundPlan plan)
    {
        if (plan.Steps.Count > 0)
        {
            scope.Common = new CommonChanges(scope.Statement.Memory);
            _firstDoubt = scope.Transaction.Doubts.Count;
            Run(plan.Steps.Where(step => !step.IsLast));
        }
    }

    // The rest of WITH; then come the checks.
    private void End(BoundPlan plan)
    {
        if (scope.Common is not { } common)
        {
            return;
        }
        Run(plan.Steps.Where(step => step.IsLast));
        common.Finish();
        scope.Deferred?.TestStatement(scope, _firstDoubt);
    }

    private void Run(IEnumerable<WithStep> steps)
    {
        foreach (WithStep step in steps)
        {
            ColumnarBuffer rows = new([.. step.Columns.Select(column => column.Type.Physical)], scope.Statement.Memory);
            if (step.Plan is LogicalModification modification)
            {
                rows = new ModificationRunner(scope).Run(scope.PlanOf(modification)) ?? rows;
            }
            else
            {
                QueryExecution execution = new(scope.PlanOf(step.Plan, step.Columns), scope.NewContext());
                while (execution.Next() is { } chunk)
                {
                    rows.Append(chunk);
                }
            }
            scope.Ctes.Set(step.CteId, () => rows);
        }
    }

    /// <summary>Starts a query: its rows are computed as they are read; all at once where computing them has side effects.</summary>
    public StatementResult Query(BoundPlan plan)
    {
        PhysicalPlan physical = scope.PlanOf(plan.Plan, plan.ResultColumns);
        Begin(plan);
        QueryExecution execution = new(physical, scope.NewContext());
        if (plan.HasSideEffects)
        {
            ColumnarBuffer rows = new([.. plan.ResultColumns.Select(column => column.Type.Physical)], scope.Statement.Memory);
            while (execution.Next() is { } chunk)
            {
                rows.Append(chunk);
            }
            End(plan);
            return new StatementResult(TagOf(plan.CommandTag, rows.Count)) { Columns = plan.ResultColumns, DeclaredColumns = plan.DeclaredColumns, Rows = new KeptRows(rows) };
        }
        return new StatementResult(plan.CommandTag)
        {
            Columns = plan.ResultColumns, DeclaredColumns = plan.DeclaredColumns, Rows = new PlanRows(execution), IsRunning = true,
        };
    }

    /// <summary>INSERT, UPDATE or DELETE.</summary>
    public StatementResult Modify(BoundPlan plan)
    {
        Begin(plan);
        ModificationRunner runner = new(scope);
        ColumnarBuffer? rows = runner.Run(scope.PlanOf((LogicalModification)plan.Plan));
        End(plan);
        return new StatementResult(TagOf(plan.CommandTag, runner.RowCount))
        {
            Columns = rows is null ? [] : plan.ResultColumns,
            DeclaredColumns = plan.DeclaredColumns,
            Rows = rows is null ? null : new KeptRows(rows),
            RowsAffected = runner.RowCount,
        };
    }

    /// <summary>A modification's command tag: INSERT has an oid that is always 0.</summary>
    public static string TagOf(string command, long rowCount) =>
        string.Create(CultureInfo.InvariantCulture, $"{command}{(command == "INSERT" ? " 0" : "")} {rowCount}");

    /// <summary>A definition statement. What it has made is the overlay's, and nobody else sees it yet.</summary>
    public StatementResult Define(SchemaChange change, SchemaOverlay overlay)
    {
        scope.Catalog = change.ApplyTo(scope.Catalog);
        SchemaChangeRunner runner = new(scope);
        try
        {
            runner.Run(change);
        }
        catch
        {
            runner.Discard();
            throw;
        }
        overlay.Add(change, runner);
        bool isFilled = change.Actions.OfType<FillTable>().Any();
        return isFilled
            ? new StatementResult(TagOf("SELECT", runner.RowCount)) { RowsAffected = runner.RowCount }
            : new StatementResult(change.CommandTag);
    }

    /// <summary>TRUNCATE, which puts empty tables in the place of others, as a definition statement does.</summary>
    public StatementResult Truncate(TruncateCommand truncate, SchemaOverlay overlay)
    {
        SchemaChangeRunner runner = new(scope);
        runner.Truncate(truncate);
        overlay.Add(null, runner);
        return new StatementResult(truncate.CommandTag);
    }

    /// <summary>EXPLAIN; with ANALYZE the statement is carried out.</summary>
    public StatementResult Explain(BoundExplain explain) => Lines("QUERY PLAN", new ExplainRunner(explain, scope).Run(), explain.CommandTag);

    /// <summary>Lines of text as rows of one column.</summary>
    public StatementResult Lines(string column, IEnumerable<string> lines, string tag) => Text([column], lines.Select(line => new[] { line }), tag);

    /// <summary>Rows of text.</summary>
    public StatementResult Text(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows, string tag) => new(tag)
    {
        Columns = [.. columns.Select((name, i) => new LogicalColumn(new Expressions.ColumnId(i), SqlType.Text, name))],
        Rows = new KeptRows(TextRows.Collect(columns.Count, rows, scope.Statement.Memory)),
    };

    /// <summary>A query's rows as they are computed.</summary>
    private sealed class PlanRows(QueryExecution execution) : ResultSource
    {
        public override DataChunk? Next() => execution.Next();

        public override void Dispose()
        {
        }
    }

    /// <summary>Rows that a statement has left behind.</summary>
    private sealed class KeptRows(ColumnarBuffer rows) : ResultSource
    {
        private readonly DataChunk _chunk = new(rows.Types);
        private int _block;

        public override DataChunk? Next()
        {
            if (_block >= rows.BlockCount)
            {
                return null;
            }
            rows.Read(_block++, _chunk);
            return _chunk;
        }

        public override void Dispose()
        {
        }
    }
}
