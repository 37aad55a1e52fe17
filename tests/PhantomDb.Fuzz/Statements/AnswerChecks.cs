using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using PhantomDb.Binding;
using PhantomDb.Execution;
using PhantomDb.Execution.Physical;
using PhantomDb.Execution.Settings;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Parsing;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning;
using PhantomDb.Planning.Logical;
using PhantomDb.Planning.Rules;
using PhantomDb.Transactions;
using PhantomDb.Vectors;
using ExecutionContext = PhantomDb.Execution.ExecutionContext;

namespace PhantomDb.Fuzz.Statements;

/// <summary>
/// Finds wrong answers without knowing the right one: the same query must give the same rows without the optimizer's rules,
/// and the rows for which a condition is true, false and unknown must be all rows (Rigger and Su, "Finding Bugs in
/// Database Systems via Query Partitioning", OOPSLA 2020; the count of the true ones: "Detecting Optimization Bugs in
/// Database Engines via Non-optimizing Reference Engine Construction", ESEC/FSE 2020).
/// </summary>
internal static partial class AnswerChecks
{
    /// <summary>What is wrong with the answer to a query; null where nothing was found.</summary>
    public static string? Check(TargetDatabase target, string sql, Outcome outcome)
    {
        if (outcome.IsError || outcome.Columns.Count == 0 || sql.Length > 5000 || Unstable().IsMatch(sql) || Parse(sql) is not { } query)
        {
            return null;
        }
        bool isCut = Cutting().IsMatch(sql);
        string? problem = (isCut ? null : CheckPlainPlan(target, query, outcome)) ?? CheckPartitions(target, query);
        // A view may hide a nextval.
        return problem is not null && Difference("", outcome.Rows, target.Execute(sql).Rows) is null ? problem : null;
    }

    private static SelectStatement? Parse(string sql)
    {
        try
        {
            return SqlParser.Parse(sql) is [SelectStatement query] && !ChangesRows(query) ? query : null;
        }
        catch (PhantomDbException)
        {
            return null;
        }
    }

    // Such a WITH may stand at the top alone.
    private static bool ChangesRows(SelectStatement query) => query.With?.Tables.Any(table => table.Statement is not SelectStatement) == true;

    private static string? CheckPlainPlan(TargetDatabase target, SelectStatement query, Outcome outcome)
    {
        List<string[]> plain;
        try
        {
            plain = RunPlain(target.Database, query);
        }
        catch (PhantomDbException error) when (IsOfOrder(error.SqlState))
        {
            return null;
        }
        return Difference("the plan without the optimizer's rules gives other rows", outcome.Rows, plain);
    }

    private static string? CheckPartitions(TargetDatabase target, SelectStatement query)
    {
        if (query.Body is not SelectCore { Distinct: null, Into: null, GroupBy: null, Having: null, Where: { } condition } core || query.Locking.Count > 0
            || Aggregate().IsMatch(SyntaxPrinter.Print(query with { Body = core with { Where = null, From = [] } })))
        {
            return null;
        }
        string? Without(ExpressionSyntax? where) => SyntaxPrinter.Print(query with { Body = core with { Where = where }, OrderBy = [], Limit = null, Offset = null, WithTies = false });
        List<string[]> parts = [];
        int trueCount = 0;
        foreach (ExpressionSyntax part in (ExpressionSyntax[])[condition, new NotSyntax(condition, -1), new IsTestSyntax(condition, IsTestKind.Null, false, -1)])
        {
            Outcome rows = target.Execute(Without(part)!);
            if (rows.IsError)
            {
                return IsOfOrder(rows.SqlState) ? null : $"its part fails with {rows.Error!.GetType().Name} {rows.Error.Message}: {Without(part)}";
            }
            trueCount = parts.Count == 0 && ReferenceEquals(part, condition) ? rows.Rows.Count : trueCount;
            parts.AddRange(rows.Rows);
        }
        Outcome whole = target.Execute(Without(null)!);
        if (whole.IsError)
        {
            return IsOfOrder(whole.SqlState) ? null : $"without its condition it fails with {whole.Error!.GetType().Name} {whole.Error.Message}";
        }
        if (Difference("rows for which the condition is true, false and unknown are not all rows", parts, whole.Rows) is { } difference)
        {
            return difference;
        }
        SelectItem isTrue = new(new IsTestSyntax(condition, IsTestKind.True, false, -1), "is_true", -1);
        Outcome marks = target.Execute(SyntaxPrinter.Print(query with
        {
            Body = core with { Where = null, Items = [.. core.Items, isTrue] }, OrderBy = [], Limit = null, Offset = null, WithTies = false,
        }));
        if (marks.IsError)
        {
            return null;
        }
        if (marks.Rows.Count >= TargetDatabase.RowsReadMax)
        {
            return null;
        }
        int marked = marks.Rows.Count(row => row[^1] == "t");
        return marked == trueCount ? null : $"the condition keeps {trueCount} rows, but is true for {marked}";
    }

    /// <summary>Errors that depend on the order in which a query is computed, and what the surroundings bring about.</summary>
    private static bool IsOfOrder(string? state) => state is not null && (state.StartsWith("22", StringComparison.Ordinal) || state is "21000" or "53200" or "57014" or "0A000" or "54001" or "2200H");

    private static List<string[]> RunPlain(Database database, SelectStatement query)
    {
        Transaction transaction = database.Transactions.NewTransaction();
        transaction.Begin(isReadOnly: true);
        MemoryAccount memory = new("statement", database.Options.WorkMemory, database.Memory);
        try
        {
            transaction.BeginReading();
            SessionSettings settings = new(database.Options.WorkMemory);
            settings.Set("statement_timeout", "4000", isLocal: false);
            StatementContext statement = new(database.Name, settings, database.Storage, memory, new SystemSurroundings(database));
            statement.Begin(database.Catalog, isTransaction: true);
            BoundPlan bound = (BoundPlan)Binder.Bind(query, new BinderContext(database.Catalog) { DatabaseName = database.Name });
            LogicalOperator plan = Optimizer.Optimize(bound.Plan, database.Storage, new EvaluationContext(statement, []), [new SubqueryUnnesting()], pullsUpCorrelation: false);
            PhysicalPlan physical = PhysicalPlanner.Plan(plan, bound.ResultColumns, 0);
            QueryExecution execution = new(physical, new ExecutionContext(statement, []) { Tables = database.Storage.Tables, View = transaction.View });
            TextOutput[] texts = [.. bound.ResultColumns.Select(column => new TextOutput(column.Type, statement))];
            List<string[]> rows = [];
            while (execution.Next() is { } chunk && rows.Count < TargetDatabase.RowsReadMax)
            {
                for (int i = 0; i < chunk.Count; i++)
                {
                    rows.Add(Row(chunk, chunk.Position(i), texts));
                }
            }
            return rows;
        }
        finally
        {
            memory.ReleaseAll();
            transaction.Close();
        }
    }

    private static string[] Row(DataChunk chunk, int position, TextOutput[] texts)
    {
        string[] row = new string[texts.Length];
        for (int i = 0; i < row.Length; i++)
        {
            Vector vector = chunk.Vectors[i];
            if (!vector.IsValid(position))
            {
                row[i] = "NULL";
                continue;
            }
            ArrayBufferWriter<byte> text = new();
            texts[i].Write(vector, vector.PositionOf(position), text);
            row[i] = Encoding.UTF8.GetString(text.WrittenSpan);
        }
        return row;
    }

    private static string? Difference(string problem, IEnumerable<string[]> left, IEnumerable<string[]> right)
    {
        string[] first = Normal(left);
        string[] second = Normal(right);
        if (first.SequenceEqual(second) || Math.Max(first.Length, second.Length) >= TargetDatabase.RowsReadMax)
        {
            return null;
        }
        string[] onlyFirst = Minus(first, second);
        string[] onlySecond = Minus(second, first);
        return $"{problem}: {first.Length} and {second.Length} rows; first only: {Some(onlyFirst)}; second only: {Some(onlySecond)}";
    }

    private static string Some(string[] rows) => rows.Length == 0 ? "none" : string.Join(" ; ", rows.Take(3));

    private static string[] Minus(string[] rows, string[] others)
    {
        Dictionary<string, int> counts = others.GroupBy(row => row).ToDictionary(group => group.Key, group => group.Count());
        return [.. rows.Where(row => !counts.TryGetValue(row, out int count) || count == 0 || (counts[row] = count - 1) < 0)];
    }

    /// <summary>Rows as sorted texts; floating point without its last digits, which depend on the order of additions.</summary>
    private static string[] Normal(IEnumerable<string[]> rows)
    {
        string[] texts = [.. rows.Select(row => string.Join("|", row.Select(value => Floating().IsMatch(value) && double.TryParse(value, CultureInfo.InvariantCulture, out double number) ? number.ToString("G9", CultureInfo.InvariantCulture) : value)))];
        Array.Sort(texts, StringComparer.Ordinal);
        return texts;
    }

    [GeneratedRegex(@"^-?\d+(\.\d{9,}|\.?\d*e[+-]?\d+)$")]
    private static partial Regex Floating();

    /// <summary>What gives another answer each time, or depends on the order of rows; catalogs, which the plain plan does not have.</summary>
    [GeneratedRegex(@"random|now\b|today|tomorrow|yesterday|clock|timeofday|current_|localtime|nextval|currval|lastval|setval|set_config|tablesample|gen_random|sleep|string_agg|array_agg|json|row_number|ntile|lag\b|lead\b|first_value|last_value|nth_value|rows\s+between|groups\s+between|transaction_|statement_|ctid|explain|\$\d|string_to|unnest|generate_|regexp_split|\bpg_|information_schema", RegexOptions.IgnoreCase)]
    private static partial Regex Unstable();

    [GeneratedRegex(@"\b(limit|offset|fetch)\b|distinct\s+on\b|with\s+ties|percentile|mode\s*\(", RegexOptions.IgnoreCase)]
    private static partial Regex Cutting();

    [GeneratedRegex(@"\b(count|sum|avg|min|max|bool_and|bool_or|every|std\w*|var\w*|corr|covar\w*|regr\w*|bit_and|bit_or|bit_xor|grouping|percentile\w*|mode|any_value|rank|over|range_agg|unnest|generate_\w+)\b\W*\(", RegexOptions.IgnoreCase)]
    private static partial Regex Aggregate();
}
