using PhantomDb.Execution;
using PhantomDb.Execution.Indexes;
using PhantomDb.Execution.Physical;
using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;
using PhantomDb.Storage;
using PhantomDb.Tests.Functions;
using PhantomDb.Tests.Storage;
using PhantomDb.Transactions;
using PhantomDb.Types;
using ExecutionContext = PhantomDb.Execution.ExecutionContext;

namespace PhantomDb.Tests.Execution;

[TestClass]
public sealed class ScanTests
{
    private readonly KvTable _kv = new();
    private readonly Dictionary<long, int?> _rows = [];
    private bool _usesIndexes;
    private int _indexScans;

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_scan_gives_the_rows_that_its_filter_wants_and_no_deleted_ones(bool usesIndexes)
    {
        _usesIndexes = usesIndexes;
        Fill();
        LogicalColumn id = new(new ColumnId(1), SqlType.Int64, "id");
        LogicalColumn n = new(new ColumnId(2), SqlType.Int32, "n");
        LogicalColumn rowId = new(new ColumnId(3), SqlType.Int64, "ctid");
        var scan = new LogicalScan(KvTable.Definition(), "kv", [new ScanColumn(id, KvTable.Id), new ScanColumn(n, KvTable.N)]) { RowId = rowId };
        var random = new Random(7);
        foreach (ComparisonKind kind in Enum.GetValues<ComparisonKind>())
        {
            for (int i = 0; i < 20; i++)
            {
                int bound = random.Next(-10, 120);
                long key = random.Next(9000);
                Expression byN = new ComparisonExpression(kind, n.Reference, new ConstantExpression(SqlType.Int32, bound));
                Expression byId = new ComparisonExpression(kind, new ConstantExpression(SqlType.Int64, key), id.Reference);
                Check(scan with { Filter = byN }, row => Holds(kind, row.Value is { } value ? value.CompareTo(bound) : null));
                Check(scan with { Filter = byId }, row => Holds(kind, key.CompareTo(row.Key)));
                Check(scan with { Filter = PlanBuilder.And(byN, byId) },
                    row => Holds(kind, row.Value is { } value ? value.CompareTo(bound) : null) && Holds(kind, key.CompareTo(row.Key)));
            }
        }
        Check(scan, _ => true);
        for (int i = 0; i < 40; i++)
        {
            long from = random.Next(9000), to = from + random.Next(i % 4 == 3 ? 60 : 10);   // the index is cheaper for the short ones
            Expression lower = new ComparisonExpression(i % 2 == 0 ? ComparisonKind.GreaterOrEqual : ComparisonKind.Greater, id.Reference, new ConstantExpression(SqlType.Int64, from));
            Expression upper = new ComparisonExpression(i % 3 == 0 ? ComparisonKind.LessOrEqual : ComparisonKind.Less, id.Reference, new ConstantExpression(SqlType.Int64, to));
            Check(scan with { Filter = PlanBuilder.And(lower, upper) },
                row => (i % 2 == 0 ? row.Key >= from : row.Key > from) && (i % 3 == 0 ? row.Key <= to : row.Key < to));
        }
        Check(scan with { Filter = new ComparisonExpression(ComparisonKind.Equal, id.Reference, new ConstantExpression(SqlType.Int64, null)) }, _ => false);
        Assert.AreEqual(usesIndexes, _indexScans > 60, $"{_indexScans} index scans");
        var withRowId = new LogicalProject(scan, [new ComputedColumn(rowId, rowId.Reference), new ComputedColumn(id, id.Reference)]);
        foreach (object?[] row in Run(withRowId))
        {
            Assert.AreEqual((long)row[1]!, (long)row[0]!, "ids were given in the order of the rows");
        }
    }

    private static bool Holds(ComparisonKind kind, int? order) => kind switch
    {
        ComparisonKind.Equal => order == 0,
        ComparisonKind.NotEqual => order is not null and not 0,
        ComparisonKind.Less => order < 0,
        ComparisonKind.LessOrEqual => order <= 0,
        ComparisonKind.Greater => order > 0,
        ComparisonKind.GreaterOrEqual => order >= 0,
        ComparisonKind.DistinctFrom => order != 0,
        _ => order == 0,
    };

    private void Fill()
    {
        var random = new Random(5);
        Transaction transaction = _kv.Manager.NewTransaction();
        transaction.Begin();
        transaction.BeginWriting();
        for (long id = 0; id < 9000; id++)
        {
            int? n = random.Next(10) == 0 ? null : (int)(id / 100) + random.Next(10);
            _kv.Insert(transaction, id, $"row {id}", id * 0.5, n);
            _rows[id] = n;
        }
        transaction.Commit();
        transaction.Begin();
        transaction.BeginWriting();
        for (long id = 0; id < 9000; id += random.Next(1, 20))
        {
            transaction.Delete(_kv.Table, id);
            _rows.Remove(id);
        }
        transaction.Commit();
    }

    private void Check(LogicalScan scan, Func<KeyValuePair<long, int?>, bool> wanted)
    {
        string[] expected = NaivePlan.Texts(_rows.Where(wanted).OrderBy(row => row.Key).Select(row => new object?[] { row.Key, row.Value }));
        string[] actual = NaivePlan.Texts(Run(scan).OrderBy(row => (long)row[0]!));
        CollectionAssert.AreEqual(expected, actual, $"{scan.Filter}");
    }

    private List<object?[]> Run(LogicalOperator plan)
    {
        Transaction transaction = _kv.Manager.NewTransaction();
        transaction.Begin(isReadOnly: true);
        var context = new ExecutionContext(new TestStatementContext(), []) { Tables = _kv.Storage.Tables, View = transaction.View };
        PhysicalPlan physical = PhysicalPlanner.Plan(plan, plan.Output, 0, indexes: _usesIndexes ? new IndexChoice(_kv.Storage.Tables, new EvaluationContext(new TestStatementContext(), []), _kv.Storage) : null);
        _indexScans += physical.Root is PhysicalIndexScan ? 1 : 0;
        List<object?[]> rows = PlanBuilder.Collect(new QueryExecution(physical, context), plan.Output.Count);
        transaction.Close();
        return rows;
    }
}
