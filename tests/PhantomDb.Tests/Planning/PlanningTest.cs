using PhantomDb.Binding;
using PhantomDb.Catalog;
using PhantomDb.Execution;
using PhantomDb.Execution.Physical;
using PhantomDb.Expressions;
using PhantomDb.Parsing;
using PhantomDb.Planning;
using PhantomDb.Planning.Logical;
using PhantomDb.Planning.Rules;
using PhantomDb.Storage;
using PhantomDb.Tests.Execution;
using PhantomDb.Tests.Functions;
using PhantomDb.Transactions;
using PhantomDb.Types;
using ExecutionContext = PhantomDb.Execution.ExecutionContext;

namespace PhantomDb.Tests.Planning;

/// <summary>
/// Small tables t, u, w and the empty e, each with int columns a (in t the primary key, in w not null), b and c, and what
/// is needed to plan and to run queries over them.
/// </summary>
public abstract class PlanningTest
{
    private const int RowCount = 7;

    private static readonly string[] Names = ["t", "u", "w", "e"];

    private protected DatabaseCatalog Catalog { get; private set; } = DatabaseCatalog.Empty;

    private protected DatabaseStorage Storage { get; } = new();

    private protected TransactionManager Manager { get; }

    protected PlanningTest()
    {
        Manager = new TransactionManager(Storage);
        var random = new Random(11);
        for (int i = 0; i < Names.Length; i++)
        {
            AddTable(Define(Names[i], 100 + (10 * i)), random, Names[i] == "e" ? 0 : RowCount);
        }
    }

    private protected LogicalOperator Bind(string sql) => BindPlan(sql).Plan;

    private protected BoundPlan BindPlan(string sql) => (BoundPlan)Binder.Bind(SqlParser.Parse(sql)[0], new BinderContext(Catalog));

    private protected LogicalOperator Optimize(LogicalOperator plan, params IOptimizerRule[] rules) => Optimizer.Optimize(
        plan, Storage, new EvaluationContext(new TestStatementContext(), []), rules.Length == 0 ? Optimizer.Rules : rules, pullsUpCorrelation: true);

    /// <summary>As the binder made it, with subqueries run once for each row.</summary>
    private protected LogicalOperator Plain(LogicalOperator plan) => Optimizer.Optimize(
        plan, Storage, new EvaluationContext(new TestStatementContext(), []), [new SubqueryUnnesting()], pullsUpCorrelation: false);

    /// <summary>The plan that some rules make of a query (all where none is named), as text.</summary>
    private protected void AssertPlan(string sql, string expected, params IOptimizerRule[] rules)
    {
        string actual = LogicalPlanPrinter.Print(Optimize(Bind(sql), rules));
        Assert.AreEqual(expected.ReplaceLineEndings("\n").Trim(), actual.Trim(), $"{sql}\n{actual}");
    }

    private protected string[] Run(LogicalOperator plan, IReadOnlyList<LogicalColumn> columns)
    {
        PhysicalPlan physical = PhysicalPlanner.Plan(plan, columns, 0);
        Transaction transaction = Manager.NewTransaction();
        transaction.Begin(isReadOnly: true);
        try
        {
            var context = new ExecutionContext(new TestStatementContext(), []) { Tables = Storage.Tables, View = transaction.View };
            string[] rows = NaivePlan.Texts(PlanBuilder.Collect(new QueryExecution(physical, context), columns.Count));
            Array.Sort(rows, StringComparer.Ordinal);
            return rows;
        }
        finally
        {
            transaction.Close();
        }
    }

    /// <summary>The sorted rows of a query, optimised, after a check that the plain plan gives the same.</summary>
    private protected string[] Answer(string sql)
    {
        BoundPlan bound = BindPlan(sql);
        string[] plain = Run(Plain(bound.Plan), bound.ResultColumns);
        LogicalOperator optimised = Optimize(bound.Plan);
        string[] rows = Run(optimised, bound.ResultColumns);
        CollectionAssert.AreEqual(plain, rows, $"{sql}\n{LogicalPlanPrinter.Print(optimised, showsIds: true)}");
        return rows;
    }

    private protected static bool HasDependentJoin(LogicalOperator plan) =>
        plan is LogicalJoin { IsDependent: true } || plan.Children.Any(HasDependentJoin);

    private protected void AddTable(TableDefinition definition, Random random, int rowCount)
    {
        Catalog = Catalog.With(definition);
        TableStore table = Storage.NewTable(definition);
        Storage.SetTable(table);
        Transaction transaction = Manager.NewTransaction();
        transaction.Begin();
        transaction.BeginWriting();
        for (int i = 0; i < rowCount; i++)
        {
            RowBuffer row = table.NewRowBuffer();
            for (int column = 0; column < definition.Columns.Count; column++)
            {
                if (column == 0 && definition.Indexes.Count > 0)
                {
                    row.Set(column, i);
                }
                else if (!definition.Columns[column].IsNotNull && random.Next(4) == 0)
                {
                    row.SetNull(column);
                }
                else
                {
                    row.Set(column, random.Next(4));
                }
            }
            transaction.Insert(table, row);
        }
        transaction.Commit();
        transaction.Close();
    }

    private static TableDefinition Define(string name, int oid) => new(oid, "public", name,
    [
        new ColumnDefinition("a", SqlType.Int32, 0) { IsNotNull = name is "t" or "w" },
        new ColumnDefinition("b", SqlType.Int32, 1),
        new ColumnDefinition("c", SqlType.Int32, 2),
    ])
    {
        Indexes = name == "t" ? [new IndexDefinition(oid + 1, "t_pkey", oid, [new IndexColumn(0, false, false)]) { IsUnique = true, IsConstraint = true }] : [],
        Constraints = name == "t" ? [new ConstraintDefinition(oid + 2, "t_pkey", ConstraintKind.PrimaryKey) { Columns = [0], IndexOid = oid + 1 }] : [],
    };
}
