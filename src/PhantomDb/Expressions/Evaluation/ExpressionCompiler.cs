using System.Diagnostics;
using System.Runtime.CompilerServices;
using PhantomDb.Errors;
using PhantomDb.Functions;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Expressions.Evaluation;

/// <summary>Turns expressions over positions into nodes that compute values, and conditions into nodes that select rows.</summary>
internal sealed class ExpressionCompiler(EvaluationContext context)
{
    private MemoryAccount Memory => context.Statement.Memory;

    /// <summary>A node whose vectors may be narrow (see <see cref="Vector.IsNarrow"/>).</summary>
    public ExpressionNode Compile(Expression expression)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw Error.TooDeep();
        }

        return expression switch
        {
            PositionExpression column => new ColumnNode(column.Index),
            ConstantExpression constant => new ConstantNode(ConstantVectors.Make(constant.Type, constant.Value)),
            ParameterExpression parameter => new ParameterNode(parameter.Index, context),
            FunctionExpression function => CompileFunction(function.Function, function.Arguments),
            CastExpression cast => CompileCast(cast),
            ComparisonExpression comparison => CompileComparison(comparison),
            ConjunctionExpression conjunction => new ConjunctionNode(
                conjunction.Kind == ConjunctionKind.And, CompileAll(conjunction.Operands), Memory),
            NotExpression not => new NotNode(Compile(not.Operand), Memory),
            IsNullExpression or BooleanTestExpression => new TestNode(CompilePredicate(expression, negate: false), Memory),
            CaseExpression @case => CompileCase(@case),
            CoalesceExpression coalesce => new CoalesceNode(CompileAll(coalesce.Operands), coalesce.Type.Physical, Memory),
            InListExpression inList => CompileInList(inList),
            ColumnExpression column => throw new UnreachableException($"column {column.Name} has no position"),
            _ => throw new UnreachableException(expression.GetType().Name),
        };
    }

    /// <summary>A node whose vectors are what the type declares.</summary>
    public ExpressionNode CompileWide(Expression expression)
    {
        ExpressionNode node = Compile(expression);
        return expression.Type.Physical == PhysicalType.Int128 && node is not ConstantNode ? new WidenNode(node, Memory) : node;
    }

    /// <summary>A node that selects the rows where the condition is true (false, where negated).</summary>
    public PredicateNode CompilePredicate(Expression condition, bool negate)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw Error.TooDeep();
        }

        switch (condition)
        {
            case ConstantExpression constant:
                return new ConstantPredicate(constant.Value is bool value && value != negate);
            case NotExpression not:
                return CompilePredicate(not.Operand, !negate);
            case ConjunctionExpression conjunction:
                // De Morgan holds in three-valued logic too.
                var operands = new PredicateNode[conjunction.Operands.Count];
                for (int i = 0; i < operands.Length; i++)
                {
                    operands[i] = CompilePredicate(conjunction.Operands[i], negate);
                }

                return (conjunction.Kind == ConjunctionKind.And) != negate ? new AndPredicate(operands) : new OrPredicate(operands);
            case ComparisonExpression { Kind: ComparisonKind.DistinctFrom or ComparisonKind.NotDistinctFrom } distinct:
                return new DistinctPredicate(
                    CompileWide(distinct.Left), CompileWide(distinct.Right),
                    (distinct.Kind == ComparisonKind.DistinctFrom) != negate, MustKeepOrder(distinct));
            case ComparisonExpression comparison:
                return CompileComparisonPredicate(comparison, negate);
            case IsNullExpression isNull:
                return new NullPredicate(Compile(isNull.Operand), isNull.IsNegated != negate, MustKeepOrder(isNull));
            case BooleanTestExpression test:
                PredicateNode operand = CompilePredicate(test.Operand, negate: !test.Value);
                return test.IsNegated != negate ? new ComplementPredicate(operand) : operand;
            case InListExpression inList when AllConstant(inList.Items):
                return CompileInListPredicate(inList, inList.IsNegated != negate);
            case InListExpression inList:
                return CompilePredicate(ExpandInList(inList), negate);
            default:
                return new ValuePredicate(Compile(condition), !negate, cost: 20, MustKeepOrder(condition));
        }
    }

    private ExpressionNode[] CompileAll(ExpressionList expressions)
    {
        var nodes = new ExpressionNode[expressions.Count];
        for (int i = 0; i < nodes.Length; i++)
        {
            nodes[i] = Compile(expressions[i]);
        }

        return nodes;
    }

    private ExpressionNode CompileFunction(BoundScalarFunction function, ExpressionList arguments)
    {
        var nodes = new ExpressionNode[arguments.Count];
        for (int i = 0; i < nodes.Length; i++)
        {
            Debug.Assert(i >= function.ArgumentTypes.Count || arguments[i].Type.Physical == function.ArgumentTypes[i].Physical,
                $"{function.Name} argument {i}: {arguments[i].Type} for {function.ArgumentTypes[Math.Min(i, function.ArgumentTypes.Count - 1)]}");
            nodes[i] = function.AcceptsNarrow ? Compile(arguments[i]) : CompileWide(arguments[i]);
        }

        return new FunctionNode(function, nodes, context.Statement);
    }

    private ExpressionNode CompileCast(CastExpression cast)
    {
        BoundCast bound = CastRegistry.Bind(cast.Operand.Type, cast.Type, cast.Context);
        if (bound.Kernel is null)
        {
            return Compile(cast.Operand);
        }

        ExpressionNode operand = bound.AcceptsNarrow ? Compile(cast.Operand) : CompileWide(cast.Operand);
        return new FunctionNode(bound.ToFunction(), [operand], context.Statement);
    }

    private ExpressionNode CompileComparison(ComparisonExpression comparison) =>
        comparison.Kind is ComparisonKind.DistinctFrom or ComparisonKind.NotDistinctFrom
            ? new TestNode(CompilePredicate(comparison, negate: false), Memory)
            : new ComparisonNode(CompileComparisonPredicate(comparison, negate: false), Memory);

    private ComparisonPredicate CompileComparisonPredicate(ComparisonExpression comparison, bool negate)
    {
        Debug.Assert(comparison.Left.Type.Physical == comparison.Right.Type.Physical,
            $"{comparison.Left.Type} compared with {comparison.Right.Type}");
        bool isLeaf = IsLeaf(comparison.Left) && IsLeaf(comparison.Right);
        int cost = (isLeaf ? 1 : 8) * (comparison.Left.Type.Physical == PhysicalType.String ? 3 : 1);
        return new ComparisonPredicate(
            comparison.Kind, negate, CompileWide(comparison.Left), CompileWide(comparison.Right), cost, MustKeepOrder(comparison));
    }

    private CaseNode CompileCase(CaseExpression @case)
    {
        var conditions = new PredicateNode[@case.Conditions.Count];
        var results = new ExpressionNode[conditions.Length + 1];
        for (int i = 0; i < conditions.Length; i++)
        {
            conditions[i] = CompilePredicate(@case.Conditions[i], negate: false);
            results[i] = Compile(@case.Results[i]);
        }

        results[^1] = Compile(@case.Else);
        return new CaseNode(conditions, results, @case.Type.Physical, Memory);
    }

    private ExpressionNode CompileInList(InListExpression inList)
    {
        if (!AllConstant(inList.Items))
        {
            return Compile(ExpandInList(inList));
        }

        var node = new InListNode(CompileInListPredicate(inList, isNegated: false), Memory);
        return inList.IsNegated ? new NotNode(node, Memory) : node;
    }

    private InListPredicate CompileInListPredicate(InListExpression inList, bool isNegated)
    {
        var values = new List<Vector>(inList.Items.Count);
        bool hasNull = false;
        foreach (Expression item in inList.Items)
        {
            var constant = (ConstantExpression)item;
            if (constant.IsNull)
            {
                hasNull = true;
            }
            else
            {
                values.Add(ConstantVectors.Make(constant.Type, constant.Value));
            }
        }

        return new InListPredicate(
            CompileWide(inList.Operand), ValueSet.Create(inList.Operand.Type.Physical, values), hasNull, isNegated,
            MustKeepOrder(inList.Operand));
    }

    /// <summary>x IN (a, b) as x = a OR x = b.</summary>
    private static Expression ExpandInList(InListExpression inList)
    {
        if (ExpressionFacts.IsVolatile(inList.Operand))
        {
            throw Error.NotSupported("IN with a volatile operand and items that are no constants", inList.Position.Offset);
        }

        Expression[] comparisons = inList.Items
            .Select(item => (Expression)new ComparisonExpression(ComparisonKind.Equal, inList.Operand, item)).ToArray();
        Expression any = comparisons.Length == 1 ? comparisons[0] : new ConjunctionExpression(ConjunctionKind.Or, new ExpressionList(comparisons));
        return inList.IsNegated ? new NotExpression(any) : any;
    }

    private static bool AllConstant(ExpressionList expressions)
    {
        foreach (Expression expression in expressions.AsSpan())
        {
            if (expression is not ConstantExpression)
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsLeaf(Expression expression) =>
        expression is PositionExpression or ConstantExpression or ParameterExpression;

    private static bool MustKeepOrder(Expression expression) =>
        ExpressionFacts.IsFallible(expression) || ExpressionFacts.IsVolatile(expression);
}
