using System.Runtime.CompilerServices;
using System.Text;
using PhantomDb.Errors;
using PhantomDb.Parsing.Ast;

namespace PhantomDb.Parsing;

/// <summary>
/// Turns expressions and queries back into SQL, on one line and with the parentheses that precedence asks for and no more.
/// Parsing the text gives an equal tree: defaults, checks and views are kept as such text. This file has what expressions need.
/// </summary>
internal sealed partial class SyntaxPrinter
{
    private readonly StringBuilder _text = new();

    private SyntaxPrinter()
    {
    }

    /// <summary>How tight an expression binds, lowest first: the levels of the grammar.</summary>
    private enum Level
    {
        Lowest,
        Or,
        And,
        Not,
        Is,
        Comparison,
        Like,
        OtherOperator,
        Additive,
        Multiplicative,
        Power,
        AtTimeZone,
        Collate,
        Sign,
        Cast,
        Primary,
    }

    public static string Print(ExpressionSyntax expression)
    {
        SyntaxPrinter printer = new();
        printer.Write(expression);
        return printer._text.ToString();
    }

    public static string Print(SelectStatement query)
    {
        SyntaxPrinter printer = new();
        printer.WriteQuery(query);
        return printer._text.ToString();
    }

    public static string Print(TypeNameSyntax type)
    {
        SyntaxPrinter printer = new();
        printer.WriteType(type);
        return printer._text.ToString();
    }

    private static Level LevelOf(ExpressionSyntax expression) => expression switch
    {
        ConjunctionSyntax { Kind: ConjunctionKind.Or } => Level.Or,
        ConjunctionSyntax => Level.And,
        NotSyntax => Level.Not,
        IsTestSyntax or IsDistinctFromSyntax => Level.Is,
        BetweenSyntax or InListSyntax or InSubquerySyntax or LikeSyntax => Level.Like,
        BinarySyntax binary => LevelOf(binary.Operator, binary.OperatorSchema),
        QuantifiedArraySyntax any => LevelOfQuantified(any.Operator, any.OperatorSchema),
        QuantifiedSubquerySyntax any => LevelOfQuantified(any.Operator, any.OperatorSchema),
        UnarySyntax { Operator: "+" or "-", OperatorSchema: null } => Level.Sign,
        UnarySyntax => Level.OtherOperator,
        CollateSyntax => Level.Collate,
        CastSyntax => Level.Cast,
        FunctionCallSyntax call when IsAtTimeZone(call) => Level.AtTimeZone,
        _ => Level.Primary,
    };

    private static Level LevelOf(string name, string? schema) => schema is not null ? Level.OtherOperator : name switch
    {
        "=" or "<>" or "<" or "<=" or ">" or ">=" => Level.Comparison,
        "+" or "-" => Level.Additive,
        "*" or "/" or "%" => Level.Multiplicative,
        "^" => Level.Power,
        _ => Level.OtherOperator,
    };

    private static Level LevelOfQuantified(string name, string? schema) =>
        LevelOf(name, schema) == Level.Comparison ? Level.Comparison : Level.OtherOperator;

    private SyntaxPrinter Append(string text)
    {
        _text.Append(text);
        return this;
    }

    private SyntaxPrinter Write(ExpressionSyntax expression) => Write(expression, Level.Lowest);

    /// <summary>Writes an operand, in parentheses when it binds less tightly than its place asks for.</summary>
    private SyntaxPrinter Write(ExpressionSyntax expression, Level least)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw Error.StatementTooComplex();
        }
        if (LevelOf(expression) >= least)
        {
            WriteBare(expression);
            return this;
        }
        Append("(");
        WriteBare(expression);
        return Append(")");
    }

    private SyntaxPrinter WriteList(SyntaxList<ExpressionSyntax> items) => WriteList(items, static (printer, item) => printer.Write(item));

    private SyntaxPrinter WriteList<T>(SyntaxList<T> items, Action<SyntaxPrinter, T> write)
    {
        for (int i = 0; i < items.Count; i++)
        {
            if (i > 0)
            {
                Append(", ");
            }
            write(this, items[i]);
        }
        return this;
    }

    private SyntaxPrinter WriteNames(SyntaxList<string> names) => Append(string.Join(", ", names.Select(SqlText.QuoteIdentifier)));

    private void WriteBare(ExpressionSyntax expression)
    {
        switch (expression)
        {
            case LiteralSyntax literal:
                WriteLiteral(literal);
                break;
            case ParameterSyntax parameter:
                Append("$").Append(parameter.Number.ToString());
                break;
            case ColumnReferenceSyntax column:
                Append(string.Join('.', column.Names.Select(SqlText.QuoteIdentifier)));
                break;
            case StarSyntax star:
                Append(string.Concat(star.Qualifier.Select(name => SqlText.QuoteIdentifier(name) + "."))).Append("*");
                break;
            case FieldSelectionSyntax field:
                WriteContainer(field.Operand, isField: true).Append(".").Append(SqlText.QuoteIdentifier(field.Field));
                break;
            case FieldStarSyntax star:
                WriteContainer(star.Operand, isField: true).Append(".*");
                break;
            case SubscriptSyntax subscript:
                WriteContainer(subscript.Operand, isField: false).WriteSubscript(subscript);
                break;
            case UnarySyntax unary:
                WriteUnary(unary);
                break;
            case BinarySyntax binary:
                WriteBinary(binary);
                break;
            case ConjunctionSyntax conjunction:
                WriteConjunction(conjunction);
                break;
            case NotSyntax not:
                Append("NOT ").Write(not.Operand, Level.Not);
                break;
            case IsTestSyntax test:
                Write(test.Operand, Level.Comparison).Append(test.Negated ? " IS NOT " : " IS ").Append(test.Test.ToString().ToUpperInvariant());
                break;
            case IsDistinctFromSyntax distinct:
                Write(distinct.Left, Level.Comparison).Append(distinct.Negated ? " IS NOT DISTINCT FROM " : " IS DISTINCT FROM ").Write(distinct.Right, Level.Comparison);
                break;
            case BetweenSyntax between:
                Write(between.Operand, Level.OtherOperator).Append(between.Negated ? " NOT BETWEEN " : " BETWEEN ").Append(between.Symmetric ? "SYMMETRIC " : "")
                    .WriteBound(between.Lower).Append(" AND ").Write(between.Upper, Level.OtherOperator);
                break;
            case InListSyntax list:
                Write(list.Operand, Level.OtherOperator).Append(list.Negated ? " NOT IN (" : " IN (").WriteList(list.Items).Append(")");
                break;
            case InSubquerySyntax subquery:
                Write(subquery.Operand, Level.OtherOperator).Append(subquery.Negated ? " NOT IN (" : " IN (").WriteQuery(subquery.Query).Append(")");
                break;
            case LikeSyntax like:
                WriteLike(like);
                break;
            case QuantifiedArraySyntax any:
                WriteQuantified(any.Operand, any.Operator, any.OperatorSchema, any.Quantifier);
                Append("(").Write(any.Array).Append(")");
                break;
            case QuantifiedSubquerySyntax any:
                WriteQuantified(any.Operand, any.Operator, any.OperatorSchema, any.Quantifier);
                Append("(").WriteQuery(any.Query).Append(")");
                break;
            case ExistsSyntax exists:
                Append("EXISTS (").WriteQuery(exists.Query).Append(")");
                break;
            case SubquerySyntax subquery:
                Append("(").WriteQuery(subquery.Query).Append(")");
                break;
            case ArraySubquerySyntax subquery:
                Append("ARRAY(").WriteQuery(subquery.Query).Append(")");
                break;
            case ArraySyntax array:
                Append("ARRAY[").WriteList(array.Items).Append("]");
                break;
            case RowSyntax row:
                Append(row.IsExplicit ? "ROW(" : "(").WriteList(row.Items).Append(")");
                break;
            case CaseSyntax c:
                WriteCase(c);
                break;
            case CoalesceSyntax coalesce:
                Append("COALESCE(").WriteList(coalesce.Arguments).Append(")");
                break;
            case NullIfSyntax nullIf:
                Append("NULLIF(").Write(nullIf.Left).Append(", ").Write(nullIf.Right).Append(")");
                break;
            case MinMaxSyntax minMax:
                Append(minMax.IsGreatest ? "GREATEST(" : "LEAST(").WriteList(minMax.Arguments).Append(")");
                break;
            case FunctionCallSyntax call:
                WriteCall(call);
                break;
            case NamedArgumentSyntax argument:
                Append(FunctionName(argument.Name)).Append(" => ").Write(argument.Value);
                break;
            case CastSyntax cast:
                Write(cast.Operand, Level.Cast).Append("::").WriteType(cast.Type);
                break;
            case CollateSyntax collate:
                Write(collate.Operand, Level.Collate).Append(" COLLATE ").Append(SqlText.QuoteName(collate.Collation));
                break;
            case CurrentValueSyntax value:
                WriteCurrentValue(value);
                break;
            case DefaultSyntax:
                Append("DEFAULT");
                break;
            case GroupingSyntax grouping:
                Append("GROUPING(").WriteList(grouping.Arguments).Append(")");
                break;
            case UnsupportedExpressionSyntax unsupported:
                throw Error.NotSupported(unsupported.Feature, unsupported.Position);
            default:
                throw Error.Internal($"no SQL text for {expression.GetType().Name}");
        }
    }

    private void WriteLiteral(LiteralSyntax literal) => Append(literal.Kind switch
    {
        LiteralKind.Null => "NULL",
        LiteralKind.String => SqlText.QuoteLiteral(literal.Text),
        LiteralKind.BitString => "B'" + literal.Text + "'",
        LiteralKind.HexString => "X'" + literal.Text + "'",
        _ => literal.Text,
    });

    /// <summary>What a field or a subscript is taken of: most things need parentheses, for a.b is a column b.</summary>
    private SyntaxPrinter WriteContainer(ExpressionSyntax operand, bool isField)
    {
        bool isPlain = operand is ParameterSyntax or SubscriptSyntax or FieldSelectionSyntax || (operand is ColumnReferenceSyntax && !isField);
        return isPlain ? Write(operand) : Append("(").Write(operand).Append(")");
    }

    private void WriteSubscript(SubscriptSyntax subscript)
    {
        Append("[");
        if (subscript.Lower is { } lower)
        {
            Write(lower);
        }
        Append(subscript.IsSlice ? ":" : "");
        if (subscript.Upper is { } upper)
        {
            // :: would be a cast, :a another token
            Append(subscript.IsSlice ? " " : "").Write(upper);
        }
        Append("]");
    }

    private void WriteUnary(UnarySyntax unary)
    {
        Append(OperatorText(unary.Operator, unary.OperatorSchema));
        bool isSign = LevelOf(unary) == Level.Sign;
        bool isNumber = isSign && unary.Operand is LiteralSyntax or ColumnReferenceSyntax or ParameterSyntax;
        Append(isNumber ? "" : " ").Write(unary.Operand, isSign ? Level.Sign : Level.Additive);
    }

    /// <summary>A chain hangs deep on its left: down to its first operand, then one operator after the other.</summary>
    private void WriteBinary(BinarySyntax binary)
    {
        Stack<BinarySyntax> chain = new();
        Level level = LevelOf(binary);
        ExpressionSyntax first = binary;
        while (first is BinarySyntax link && (chain.Count == 0 || (level != Level.Comparison && LevelOf(link) == level)))
        {
            chain.Push(link);
            first = link.Left;
        }
        Write(first, level == Level.Comparison ? Level.Like : level);
        while (chain.TryPop(out BinarySyntax? link))
        {
            Append(" ").Append(OperatorText(link.Operator, link.OperatorSchema)).Append(" ").Write(link.Right, level + 1);
        }
    }

    private static string OperatorText(string name, string? schema) => schema is null
        ? name
        : $"OPERATOR({string.Join('.', schema.Split('.').Select(SqlText.QuoteIdentifier))}.{name})";

    private void WriteConjunction(ConjunctionSyntax conjunction)
    {
        Level level = LevelOf(conjunction);
        for (int i = 0; i < conjunction.Operands.Count; i++)
        {
            if (i > 0)
            {
                Append(level == Level.And ? " AND " : " OR ");
            }
            Write(conjunction.Operands[i], level + 1);
        }
    }

    /// <summary>The lower bound of BETWEEN and the operands of POSITION know fewer operators than other places.</summary>
    private SyntaxPrinter WriteBound(ExpressionSyntax bound) => IsBound(bound) ? Write(bound, Level.OtherOperator) : Append("(").Write(bound).Append(")");

    private static bool IsBound(ExpressionSyntax expression)
    {
        while (expression is BinarySyntax binary)
        {
            if (!IsBound(binary.Right))
            {
                return false;
            }
            expression = binary.Left;
        }
        return expression switch
        {
            UnarySyntax unary => IsBound(unary.Operand),
            CastSyntax cast => IsBound(cast.Operand),
            _ => LevelOf(expression) == Level.Primary,
        };
    }

    private void WriteLike(LikeSyntax like)
    {
        string name = like.Kind switch
        {
            LikeKind.Like => "LIKE ",
            LikeKind.ILike => "ILIKE ",
            _ => "SIMILAR TO ",
        };
        Write(like.Operand, Level.OtherOperator).Append(like.Negated ? " NOT " : " ").Append(name).Write(like.Pattern, Level.OtherOperator);
        if (like.Escape is { } escape)
        {
            Append(" ESCAPE ").Write(escape, Level.OtherOperator);
        }
    }

    private void WriteQuantified(ExpressionSyntax operand, string name, string? schema, QuantifierKind quantifier)
    {
        Level level = LevelOfQuantified(name, schema) == Level.Comparison ? Level.Like : Level.OtherOperator;
        Write(operand, level).Append(" ").Append(OperatorText(name, schema)).Append(quantifier == QuantifierKind.Any ? " ANY " : " ALL ");
    }

    private void WriteCase(CaseSyntax c)
    {
        Append("CASE");
        if (c.Operand is { } operand)
        {
            Append(" ").Write(operand);
        }
        foreach (CaseWhenSyntax when in c.Whens)
        {
            Append(" WHEN ").Write(when.When).Append(" THEN ").Write(when.Then);
        }
        if (c.Else is { } otherwise)
        {
            Append(" ELSE ").Write(otherwise);
        }
        Append(" END");
    }

    private void WriteCurrentValue(CurrentValueSyntax value)
    {
        Append(value.Kind switch
        {
            CurrentValueKind.CurrentDate => "CURRENT_DATE",
            CurrentValueKind.CurrentTime => "CURRENT_TIME",
            CurrentValueKind.CurrentTimestamp => "CURRENT_TIMESTAMP",
            CurrentValueKind.LocalTime => "LOCALTIME",
            CurrentValueKind.LocalTimestamp => "LOCALTIMESTAMP",
            CurrentValueKind.CurrentUser => "CURRENT_USER",
            CurrentValueKind.CurrentRole => "CURRENT_ROLE",
            CurrentValueKind.SessionUser => "SESSION_USER",
            CurrentValueKind.User => "USER",
            CurrentValueKind.CurrentCatalog => "CURRENT_CATALOG",
            CurrentValueKind.CurrentSchema => "CURRENT_SCHEMA",
            _ => throw Error.Internal($"no SQL text for {value.Kind}"),
        });
        if (value.Precision is { } precision)
        {
            Append("(").Append(precision.ToString()).Append(")");
        }
    }

    // Function calls

    /// <summary>The arguments of a system function that PostgreSQL writes with words, if the call is one of that many arguments.</summary>
    private static bool IsSystemCall(FunctionCallSyntax call, string name, int argumentCount) =>
        call.Arguments.Count == argumentCount
        && call.Name.Parts is ["pg_catalog", var written] && written == name
        && call is { IsStar: false, IsDistinct: false, IsVariadic: false, Filter: null, Over: null, OrderBy.Count: 0, WithinGroup.Count: 0 }
        && !call.Arguments.Any(a => a is NamedArgumentSyntax);

    private static bool IsAtTimeZone(FunctionCallSyntax call) => IsSystemCall(call, "timezone", 2);

    private void WriteCall(FunctionCallSyntax call)
    {
        SyntaxList<ExpressionSyntax> arguments = call.Arguments;
        if (IsAtTimeZone(call))
        {
            Write(arguments[1], Level.AtTimeZone).Append(" AT TIME ZONE ").Write(arguments[0], Level.AtTimeZone + 1);
        }
        else if (IsSystemCall(call, "extract", 2) && arguments[0] is LiteralSyntax { Kind: LiteralKind.String } field)
        {
            Append("EXTRACT(").Append(SqlText.QuoteIdentifier(field.Text) == field.Text ? field.Text : SqlText.QuoteLiteral(field.Text))
                .Append(" FROM ").Write(arguments[1]).Append(")");
        }
        else if (IsSystemCall(call, "position", 2))
        {
            Append("POSITION(").WriteBound(arguments[1]).Append(" IN ").WriteBound(arguments[0]).Append(")");
        }
        else if (IsSystemCall(call, "substring", 2) || IsSystemCall(call, "substring", 3))
        {
            Append("SUBSTRING(").Write(arguments[0]).Append(" FROM ").Write(arguments[1]);
            if (arguments.Count == 3)
            {
                Append(" FOR ").Write(arguments[2]);
            }
            Append(")");
        }
        else if (IsSystemCall(call, "overlay", 3) || IsSystemCall(call, "overlay", 4))
        {
            Append("OVERLAY(").Write(arguments[0]).Append(" PLACING ").Write(arguments[1]).Append(" FROM ").Write(arguments[2]);
            if (arguments.Count == 4)
            {
                Append(" FOR ").Write(arguments[3]);
            }
            Append(")");
        }
        else
        {
            WriteOrdinaryCall(call);
        }
    }

    private void WriteOrdinaryCall(FunctionCallSyntax call)
    {
        Append(call.Name.Parts.Count == 1 ? FunctionName(call.Name.Name) : SqlText.QuoteName(call.Name)).Append("(");
        if (call.IsStar)
        {
            Append("*");
        }
        Append(call.IsDistinct ? "DISTINCT " : "");
        for (int i = 0; i < call.Arguments.Count; i++)
        {
            Append(i > 0 ? ", " : "").Append(call.IsVariadic && i == call.Arguments.Count - 1 ? "VARIADIC " : "").Write(call.Arguments[i]);
        }
        if (call.OrderBy.Count > 0)
        {
            Append(" ").WriteOrderBy(call.OrderBy);
        }
        Append(")");
        if (call.WithinGroup.Count > 0)
        {
            Append(" WITHIN GROUP (").WriteOrderBy(call.WithinGroup).Append(")");
        }
        if (call.Filter is { } filter)
        {
            Append(" FILTER (WHERE ").Write(filter).Append(")");
        }
        switch (call.Over)
        {
            case WindowNameSyntax name:
                Append(" OVER ").Append(SqlText.QuoteIdentifier(name.Name));
                break;
            case WindowSpecificationSyntax specification:
                Append(" OVER ").WriteWindow(specification);
                break;
        }
    }

    /// <summary>A function's own name: words such as left need no quotes there, and rollup needs them lest it group.</summary>
    private static string FunctionName(string name) => name switch
    {
        "rollup" or "cube" => "\"" + name + "\"",
        _ when Keywords.ClassOf(name) == KeywordClass.TypeOrFunctionName => name,
        _ => SqlText.QuoteIdentifier(name),
    };

    // Types

    private SyntaxPrinter WriteType(TypeNameSyntax type)
    {
        Append(type.IsSetOf ? "SETOF " : "");
        string? standard = type.Name.Parts is ["pg_catalog", var name] ? StandardName(name, type) : null;
        if (standard is null)
        {
            Append(type.Name.Parts.Count == 1 ? FunctionName(type.Name.Name) : SqlText.QuoteName(type.Name)).WriteModifiers(type);
        }
        else
        {
            Append(standard);
        }
        foreach (int bound in type.ArrayBounds)
        {
            Append(bound < 0 ? "[]" : $"[{bound}]");
        }
        return this;
    }

    private SyntaxPrinter WriteModifiers(TypeNameSyntax type) =>
        type.Modifiers.Count == 0 ? this : Append("(").WriteList(type.Modifiers).Append(")");

    private static string Modifiers(TypeNameSyntax type)
    {
        SyntaxPrinter printer = new();
        printer.WriteModifiers(type);
        return printer._text.ToString();
    }

    private static string? StandardName(string name, TypeNameSyntax type)
    {
        string modifiers = Modifiers(type);
        return name switch
        {
            "int2" or "int4" or "int8" or "float4" or "float8" or "bool" when modifiers.Length > 0 => null,
            "int2" => "smallint",
            "int4" => "integer",
            "int8" => "bigint",
            "float4" => "real",
            "float8" => "double precision",
            "bool" => "boolean",
            "numeric" => "numeric" + modifiers,
            "varchar" => "character varying" + modifiers,
            "bpchar" when modifiers.Length > 0 => "character" + modifiers,
            "bit" when modifiers.Length > 0 => "bit" + modifiers,
            "varbit" => "bit varying" + modifiers,
            "time" or "timestamp" => name + modifiers,
            "timetz" => "time" + modifiers + " with time zone",
            "timestamptz" => "timestamp" + modifiers + " with time zone",
            "interval" => IntervalName(type, modifiers),
            _ => null,
        };
    }

    private static string IntervalName(TypeNameSyntax type, string modifiers) => "interval" + (type.IntervalFields switch
    {
        IntervalFields.All => modifiers,
        IntervalFields.Year => " year",
        IntervalFields.Month => " month",
        IntervalFields.Day => " day",
        IntervalFields.Hour => " hour",
        IntervalFields.Minute => " minute",
        IntervalFields.Second => " second" + modifiers,
        IntervalFields.YearToMonth => " year to month",
        IntervalFields.DayToHour => " day to hour",
        IntervalFields.DayToMinute => " day to minute",
        IntervalFields.DayToSecond => " day to second" + modifiers,
        IntervalFields.HourToMinute => " hour to minute",
        IntervalFields.HourToSecond => " hour to second" + modifiers,
        IntervalFields.MinuteToSecond => " minute to second" + modifiers,
        _ => throw Error.Internal($"no SQL text for {type.IntervalFields}"),
    });
}
