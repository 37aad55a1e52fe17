using PhantomDb.Errors;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Parsing.Ast;
using PhantomDb.Types;
using ConjunctionKind = PhantomDb.Expressions.ConjunctionKind;

namespace PhantomDb.Binding;

/// <summary>Operators: comparisons, arithmetic, IN, BETWEEN, LIKE, and comparisons of rows.</summary>
internal sealed partial class ExpressionBinder
{
    private Expression BindUnary(UnarySyntax unary)
    {
        CheckSchema(unary.OperatorSchema, unary.Operator, unary.Position);
        if (unary.Operator == "-" && unary.Operand is LiteralSyntax { Kind: LiteralKind.Integer or LiteralKind.Numeric } literal)
        {
            return BindLiteral(literal, isNegative: true);
        }
        Expression operand = Bind(unary.Operand);
        if (unary.Operator == "+" && operand.Type.Id == SqlTypeId.Unknown)
        {
            operand = _coercion.Apply(operand, SqlType.Double, CastContext.Implicit);
        }
        return BindOperator(unary.Operator, [operand], unary.Position);
    }

    /// <summary>Walks the left spine in a loop: a chain of thousands of operators is as deep as it is long.</summary>
    private Expression BindBinary(BinarySyntax binary)
    {
        var spine = new Stack<BinarySyntax>();
        ExpressionSyntax leftmost = binary;
        while (leftmost is BinarySyntax inner && !(inner.Left is RowSyntax))
        {
            spine.Push(inner);
            leftmost = inner.Left;
        }
        if (leftmost is BinarySyntax rows)
        {
            return FinishChain(BindRowComparison(rows), spine);
        }
        return FinishChain(Bind(leftmost), spine);
    }

    private Expression FinishChain(Expression left, Stack<BinarySyntax> spine)
    {
        while (spine.TryPop(out BinarySyntax? next))
        {
            CheckSchema(next.OperatorSchema, next.Operator, next.Position);
            left = BindBinary(next.Operator, left, Bind(next.Right), next.Position) with { Position = new SourcePosition(next.Position) };
        }
        return left;
    }

    private static void CheckSchema(string? schema, string symbol, int position)
    {
        if (schema is not (null or "pg_catalog"))
        {
            throw Error.At(SqlStates.UndefinedFunction, $"operator does not exist: {schema}.{symbol}", position);
        }
    }

    private Expression BindBinary(string symbol, Expression left, Expression right, int position)
    {
        if (TryComparison(symbol, out ComparisonKind kind))
        {
            return Compare(kind, left, right, position);
        }
        return symbol == "||" ? Concatenate(left, right, position) : BindOperator(symbol, [left, right], position);
    }

    private static bool TryComparison(string symbol, out ComparisonKind kind)
    {
        (bool isComparison, kind) = symbol switch
        {
            "=" => (true, ComparisonKind.Equal),
            "<>" or "!=" => (true, ComparisonKind.NotEqual),
            "<" => (true, ComparisonKind.Less),
            "<=" => (true, ComparisonKind.LessOrEqual),
            ">" => (true, ComparisonKind.Greater),
            ">=" => (true, ComparisonKind.GreaterOrEqual),
            _ => (false, ComparisonKind.Equal),
        };
        return isComparison;
    }

    private static string Symbol(ComparisonKind kind) => kind switch
    {
        ComparisonKind.Equal or ComparisonKind.DistinctFrom or ComparisonKind.NotDistinctFrom => "=",
        ComparisonKind.NotEqual => "<>",
        ComparisonKind.Less => "<",
        ComparisonKind.LessOrEqual => "<=",
        ComparisonKind.Greater => ">",
        _ => ">=",
    };

    /// <summary>A comparison, both sides made one type.</summary>
    public Expression Compare(ComparisonKind kind, Expression left, Expression right, int position)
    {
        (left, right) = ToOneType(Symbol(kind), left, right, position);
        return new ComparisonExpression(kind, left, right) { Position = new SourcePosition(position) };
    }

    /// <summary>Both operands as the type that they are compared in; 42883 where there is none.</summary>
    private (Expression Left, Expression Right) ToOneType(string symbol, Expression left, Expression right, int position)
    {
        left = NarrowConstant(left, right.Type);
        right = NarrowConstant(right, left.Type);
        SqlType common = TypeCategories.ComparisonType(left.Type, right.Type) ?? throw Error.OperatorNotFound(symbol, left.Type, right.Type, position);
        if (common.IsArray && symbol is not ("=" or "<>"))
        {
            throw Error.NotSupported($"{symbol} of {common.BaseName}", position);   // the texts have another order than the arrays
        }
        return (ForComparison(left, common), ForComparison(right, common));
    }

    /// <summary>
    /// An integer constant takes a narrower integer's type where it fits, and has as a numeric only the digits that it
    /// needs: the column beside it need not be cast. An untyped literal beside a numeric keeps all the digits that it has.
    /// </summary>
    private Expression NarrowConstant(Expression expression, SqlType other)
    {
        if (expression.Type.Id == SqlTypeId.Unknown && other.Id == SqlTypeId.Numeric && TypeCategories.IsUntypedLiteral(expression))
        {
            return _coercion.ApplyLoosely(expression, SqlType.Numeric, CastContext.Implicit);
        }
        if (expression is not ConstantExpression { Value: not null, Type.IsInteger: true } constant)
        {
            return expression;
        }
        long value = Constants.AsInt64(constant.Value);
        bool fits = other.Id switch
        {
            SqlTypeId.Int16 => value == (short)value,
            SqlTypeId.Int32 => value == (int)value,
            SqlTypeId.Int64 => true,
            _ => false,
        };
        return fits ? (Constants.TryCast(constant, new SqlType(other.Id), CastContext.Implicit) ?? constant) with { Position = constant.Position }
            : other.Id == SqlTypeId.Numeric ? Constants.ToNumeric(value) with { Position = constant.Position }
            : expression;
    }

    private Expression ForComparison(Expression expression, SqlType common)
    {
        SqlType type = expression.Type;
        if (expression is ConstantExpression || type.Id == SqlTypeId.Unknown)
        {
            return _coercion.Apply(expression, common, CastContext.Implicit);
        }
        bool isSame = type.Id == SqlTypeId.Numeric || common.Id == SqlTypeId.Numeric
            ? type.Id == common.Id && type.Physical == common.Physical && type.Scale == common.Scale
            : common.Id == SqlTypeId.Text ? type.IsString && type.Id != SqlTypeId.PaddedChar
            : type.Id == common.Id || (common.Id == SqlTypeId.Oid && type.IsObjectName);
        return isSame ? expression : _coercion.Apply(expression, common, CastContext.Implicit);
    }

    private Expression BindIsDistinct(IsDistinctFromSyntax distinct)
    {
        ComparisonKind kind = distinct.Negated ? ComparisonKind.NotDistinctFrom : ComparisonKind.DistinctFrom;
        if (distinct.Left is RowSyntax left && distinct.Right is RowSyntax right)
        {
            CheckRowLengths(left, right, distinct.Position);
            Expression[] pairs = [.. left.Items.Zip(right.Items, (l, r) => Compare(kind, Bind(l), Bind(r), distinct.Position))];
            return Conjunction(distinct.Negated ? ConjunctionKind.And : ConjunctionKind.Or, pairs);
        }
        return Compare(kind, Bind(distinct.Left), Bind(distinct.Right), distinct.Position);
    }

    private Expression BindRowComparison(BinarySyntax binary)
    {
        var left = (RowSyntax)binary.Left;
        if (binary.Right is SubquerySyntax subquery)
        {
            return BindRowToSubquery(left, binary.Operator, subquery, binary.Position);
        }
        if (binary.Right is not RowSyntax right || !TryComparison(binary.Operator, out ComparisonKind kind))
        {
            if (binary.Right is not RowSyntax && Bind(binary.Right).Type is { Id: not SqlTypeId.Unknown } other)
            {
                throw Error.At(SqlStates.UndefinedFunction, $"operator does not exist: record {binary.Operator} {other.BaseName}", binary.Position,
                    hint: "No operator matches the given name and argument types. You might need to add explicit type casts.");
            }
            throw Error.NotSupported("a row as a value", binary.Position);
        }
        CheckRowLengths(left, right, binary.Position);
        (Expression Left, Expression Right)[] pairs = [.. left.Items.Zip(right.Items, (l, r) => (Bind(l), Bind(r)))];
        return CompareRows(kind, pairs, binary.Position);
    }

    private static void CheckRowLengths(RowSyntax left, RowSyntax right, int position)
    {
        if (left.Items.Count != right.Items.Count)
        {
            throw Error.InvalidSyntax("unequal number of entries in row expressions", position);
        }
        if (left.Items.Count == 0)
        {
            throw Error.NotSupported("comparison of rows of zero length", position);
        }
    }

    private Expression CompareRows(ComparisonKind kind, IReadOnlyList<(Expression Left, Expression Right)> pairs, int position)
    {
        if (kind is ComparisonKind.Equal or ComparisonKind.NotEqual)
        {
            Expression[] comparisons = [.. pairs.Select(pair => Compare(kind, pair.Left, pair.Right, position))];
            return Conjunction(kind == ComparisonKind.Equal ? ConjunctionKind.And : ConjunctionKind.Or, comparisons);
        }
        // (a, b) < (c, d): the first pair that differs decides. a < c OR (a = c AND b < d)
        ComparisonKind strict = kind is ComparisonKind.Less or ComparisonKind.LessOrEqual ? ComparisonKind.Less : ComparisonKind.Greater;
        Expression result = Compare(kind, pairs[^1].Left, pairs[^1].Right, position);
        for (int i = pairs.Count - 2; i >= 0; i--)
        {
            result = Conjunction(ConjunctionKind.Or,
            [
                Compare(strict, pairs[i].Left, pairs[i].Right, position),
                And([Compare(ComparisonKind.Equal, pairs[i].Left, pairs[i].Right, position), result]),
            ]);
        }
        return result;
    }

    private Expression BindBetween(BetweenSyntax between)
    {
        Expression operand = Bind(between.Operand);
        Expression lower = Bind(between.Lower);
        Expression upper = Bind(between.Upper);
        Expression within = Range(operand, lower, upper, between.Position);
        if (between.Symmetric)
        {
            within = Conjunction(ConjunctionKind.Or, [within, Range(operand, upper, lower, between.Position)]);
        }
        return between.Negated ? new NotExpression(within) : within;
    }

    private Expression Range(Expression operand, Expression lower, Expression upper, int position) => And(
    [
        Compare(ComparisonKind.GreaterOrEqual, operand, lower, position),
        Compare(ComparisonKind.LessOrEqual, operand, upper, position),
    ]);

    private Expression BindInList(InListSyntax inList)
    {
        if (inList.Operand is RowSyntax row)
        {
            var left = row.Items.Select(Bind).ToArray();
            Expression any = Conjunction(ConjunctionKind.Or, [.. inList.Items.Select(item => CompareRowTo(left, row, item, inList.Position))]);
            return inList.Negated ? new NotExpression(any) : any;
        }
        Expression operand = Bind(inList.Operand);
        Expression[] items = [.. inList.Items.Select(Bind)];
        return InList(operand, items, inList.Negated, inList.Position);
    }

    private Expression CompareRowTo(Expression[] left, RowSyntax row, ExpressionSyntax item, int position)
    {
        if (item is not RowSyntax right)
        {
            throw Error.NotSupported("a row as a value", item.Position);
        }
        CheckRowLengths(row, right, position);
        return CompareRows(ComparisonKind.Equal, [.. left.Zip(right.Items, (l, r) => (l, Bind(r)))], position);
    }

    private Expression InList(Expression operand, Expression[] items, bool isNegated, int position)
    {
        if (items.Length == 1)
        {
            return Compare(isNegated ? ComparisonKind.NotEqual : ComparisonKind.Equal, operand, items[0], position);
        }
        // One type for all: it grows with each item, and nothing shrinks it.
        SqlType common = operand.Type;
        for (int i = 0; i < items.Length; i++)
        {
            items[i] = NarrowConstant(items[i], operand.Type);
            common = TypeCategories.ComparisonType(common, items[i].Type)
                ?? throw Error.OperatorNotFound(isNegated ? "<>" : "=", operand.Type, items[i].Type, position);
            if (items[i].Type.Id == SqlTypeId.Unknown && operand.Type.Id == SqlTypeId.Unknown && i < items.Length - 1)
            {
                common = SqlType.Unknown;   // wait for an item that has a type
            }
        }
        if (common.Id == SqlTypeId.Unknown)
        {
            common = SqlType.Text;
        }
        for (int i = 0; i < items.Length; i++)
        {
            items[i] = ForComparison(items[i], common);
        }
        return new InListExpression(ForComparison(operand, common), new ExpressionList(items), isNegated);
    }

    private Expression BindLike(LikeSyntax like)
    {
        Expression operand = Bind(like.Operand);
        Expression pattern = Bind(like.Pattern);
        string symbol = like.Kind switch { LikeKind.Like => "~~", LikeKind.ILike => "~~*", _ => "~" };
        if (like.Kind == LikeKind.SimilarTo)
        {
            Expression[] arguments = like.Escape is null ? [pattern] : [pattern, Bind(like.Escape)];
            pattern = BindScalar("similar_to_escape", arguments, like.Position);
        }
        else if (like.Escape is not null)
        {
            pattern = BindScalar("like_escape", [pattern, Bind(like.Escape)], like.Position);
        }
        Expression matches = BindOperator(symbol, [operand, pattern], like.Position);
        return like.Negated ? new NotExpression(matches) : matches;
    }

    /// <summary>|| takes text, bytea, and text beside a value of any other type, which is taken as its text.</summary>
    private Expression Concatenate(Expression left, Expression right, int position)
    {
        if (left.Type.Id == SqlTypeId.Array || right.Type.Id == SqlTypeId.Array)
        {
            return ConcatenateArrays(left, right, position);
        }
        bool leftIsText = left.Type.IsString;
        bool rightIsText = right.Type.IsString;
        if (leftIsText != rightIsText && left.Type.Id != SqlTypeId.Bytea && right.Type.Id != SqlTypeId.Bytea)
        {
            if (!leftIsText)
            {
                left = Cast(left, SqlType.Text, position);
            }
            else
            {
                right = Cast(right, SqlType.Text, position);
            }
        }
        return BindOperator("||", [left, right], position);
    }

    private FunctionExpression BindOperator(string symbol, Expression[] operands, int position)
    {
        IReadOnlyList<ScalarFunction> candidates = FunctionRegistry.FindScalars(symbol);
        if (operands.Length == 2)
        {
            WidenReals(operands);
        }
        SqlType[] types = [.. operands.Select(o => o.Type)];
        if (symbol is "~~" or "!~~" or "~~*" or "!~~*" && types[0].Id == SqlTypeId.PaddedChar)
        {
            throw Error.NotSupported("LIKE of char(n) of different lengths", position);   // it is matched with its blanks
        }
        return Choose(candidates, types, isOperator: true, out ScalarFunction? chosen) switch
        {
            OverloadOutcome.Found => Call(chosen!, operands, position),
            OverloadOutcome.Ambiguous => throw Error.OperatorAmbiguous(symbol, types.Length == 2 ? types[0] : null, types[^1], position),
            _ => throw Error.OperatorNotFound(symbol, types.Length == 2 ? types[0] : null, types[^1], position),
        };
    }

    private static OverloadOutcome Choose(IReadOnlyList<ScalarFunction> candidates, SqlType[] types, bool isOperator, out ScalarFunction? chosen)
    {
        chosen = null;
        if (candidates.Count == 0)
        {
            return OverloadOutcome.NotFound;
        }
        OverloadOutcome outcome = Overloads.Choose(
            [.. candidates.Select(c => c.Parameters)], i => candidates[i].IsVariadic, i => candidates[i].TakesAny, types, isOperator, out int index);
        chosen = outcome == OverloadOutcome.Found ? candidates[index] : null;
        return outcome;
    }

    /// <summary>PostgreSQL computes real beside any other number in double precision.</summary>
    private void WidenReals(Expression[] operands)
    {
        SqlTypeId left = operands[0].Type.Id;
        SqlTypeId right = operands[1].Type.Id;
        if (left != right && (left == SqlTypeId.Real || right == SqlTypeId.Real) && TypeCategories.IsNumber(left) && TypeCategories.IsNumber(right))
        {
            operands[0] = _coercion.Apply(operands[0], SqlType.Double, CastContext.Implicit);
            operands[1] = _coercion.Apply(operands[1], SqlType.Double, CastContext.Implicit);
        }
    }

    /// <summary>A call of a chosen function: its kernel for the actual types, casts where it wants other ones.</summary>
    private FunctionExpression Call(ScalarFunction function, Expression[] arguments, int position)
    {
        Expression[] prepared = [.. arguments];
        SqlType[] types = new SqlType[arguments.Length];
        for (int i = 0; i < arguments.Length; i++)
        {
            if (function.TakesAny)
            {
                prepared[i] = _coercion.ResolveUnknown(prepared[i]);
                types[i] = prepared[i].Type;
                continue;
            }
            SqlTypeId wanted = function.Parameters[Math.Min(i, function.Parameters.Count - 1)];
            if (prepared[i].Type.Id != wanted && !TypeCategories.IsBinaryCoercible(prepared[i].Type.Id, wanted))
            {
                prepared[i] = _coercion.ApplyLoosely(prepared[i], new SqlType(wanted), CastContext.Implicit);
            }
            types[i] = prepared[i].Type.Id == wanted || (wanted == SqlTypeId.Array && prepared[i].Type.IsArray) ? prepared[i].Type : new SqlType(wanted);
        }
        if (function.Name is "round" or "trunc" && prepared is [_, ConstantExpression { Value: int scale }]
            && FixedRounding.TryBind(function.Name, types[0], scale, function.Name == "round" ? RoundingDirection.Nearest : RoundingDirection.TowardZero) is { } rounding)
        {
            return new FunctionExpression(rounding, new ExpressionList(_coercion.ForArgument(prepared[0], types[0]))) { Position = new SourcePosition(position) };
        }
        BoundScalarFunction bound;
        try
        {
            bound = function.Bind(types);
        }
        catch (PhantomDbException error)
        {
            throw error.At(position);
        }
        for (int i = 0; i < prepared.Length; i++)
        {
            prepared[i] = _coercion.ForArgument(prepared[i], bound.ArgumentTypes[Math.Min(i, bound.ArgumentTypes.Count - 1)]);
        }
        return new FunctionExpression(bound, new ExpressionList(prepared)) { Position = new SourcePosition(position) };
    }
}
