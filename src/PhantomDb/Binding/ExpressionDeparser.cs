using System.Globalization;
using System.Text;
using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Parsing;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;
using ColumnDefinition = PhantomDb.Catalog.ColumnDefinition;
using ConjunctionKind = PhantomDb.Parsing.Ast.ConjunctionKind;

namespace PhantomDb.Binding;

/// <summary>
/// Defaults and checks as pg_get_expr prints them: with the casts that PostgreSQL puts in by itself and, where it is not
/// pretty, all parentheses. What it does not know how PostgreSQL prints is given as the definition has it.
/// </summary>
internal sealed class ExpressionDeparser
{
    private readonly BindingState _state;
    private readonly ExpressionBinder _binder;
    private readonly IReadOnlyList<string> _searchPath;
    private readonly bool _isPretty;
    private bool _isInCase;

    private ExpressionDeparser(BindingState state, IReadOnlyList<string> searchPath, TableDefinition table, bool isPretty)
    {
        _searchPath = searchPath;
        _state = state;
        _isPretty = isPretty;
        LogicalColumn[] row = [.. table.Columns.Select(column => state.NewColumn(column.Type, column.Name))];
        var scope = new Scope(null, new QueryLevel { Clause = Clause.Check, IsPlain = true }) { Tables = [ModificationBinder.RowOf(table, table.Name, row)] };
        _binder = new ExpressionBinder(state, scope, null);
    }

    /// <summary>What a printed expression is, which decides about parentheses around it.</summary>
    private enum Shape
    {
        Simple,
        Operator,
        And,
        Or,
        Not,
        Test,
    }

    private sealed record Node(string Text, SqlTypeId Type, Shape Shape = Shape.Simple, string Operator = "");

    /// <param name="context">What names are found by.</param>
    /// <param name="table">The table whose columns the expression may read.</param>
    /// <param name="column">The column that it is the default of; null for a check.</param>
    /// <param name="text">The expression as the definition has it.</param>
    /// <param name="isPretty">Without the parentheses that precedence makes needless.</param>
    public static string Print(BinderContext context, TableDefinition table, ColumnDefinition? column, string text, bool isPretty)
    {
        try
        {
            var state = new BindingState(context);
            return state.InView(table.Schema, () =>
            {
                var deparser = new ExpressionDeparser(state, context.SearchPath, table, isPretty);
                ExpressionSyntax syntax = SqlParser.ParseExpression(text);
                Node node = deparser.IsUntyped(syntax) ? deparser.Literal(syntax, column?.Type.Id ?? SqlTypeId.Boolean) : deparser.Describe(syntax);
                return !isPretty ? deparser.Whole(node) : new string('(', UnseenCasts(node, column)) + node.Text + new string(')', UnseenCasts(node, column));
            });
        }
        catch (PhantomDbException)
        {
            return text;
        }
    }

    /// <summary>
    /// An index's expression, which stands in parentheses of its own unless it is a function's call; a column's type decides
    /// nothing about it.
    /// </summary>
    public static string PrintIndexExpression(BinderContext context, TableDefinition table, string text, bool isPretty)
    {
        string printed = Print(context, table, null, text, isPretty);
        return SqlParser.ParseExpression(text) is FunctionCallSyntax or CoalesceSyntax or MinMaxSyntax or NullIfSyntax ? printed : $"({printed})";
    }

    /// <summary>Casts to the column's type and to its length are not printed, but the parentheses that they would ask for are.</summary>
    private static int UnseenCasts(Node node, ColumnDefinition? column) => node.Shape != Shape.Operator || column is null ? 0
        : (column.Type.Id != node.Type ? 1 : 0) + (column.Type.Precision >= 0 && column.Type.Id is SqlTypeId.Varchar or SqlTypeId.Char or SqlTypeId.Numeric ? 1 : 0);

    private static PhantomDbException Unknown() => Error.NotSupported("printing this expression");

    /// <summary>With the parentheses that an expression always has where it is not pretty.</summary>
    private string Whole(Node node) => !_isPretty && node.Shape != Shape.Simple ? $"({node.Text})" : node.Text;

    /// <summary>As an operand of an operator.</summary>
    private string Operand(Node node, string parent, bool isLeft)
    {
        if (!_isPretty)
        {
            return Whole(node);
        }
        bool isBare = node.Shape == Shape.Simple
            || (node.Shape == Shape.Operator && Priority(node.Operator) > 0 && Priority(parent) > 0
                && (Priority(node.Operator) > Priority(parent) || (Priority(node.Operator) == Priority(parent) && isLeft)));
        return isBare ? node.Text : $"({node.Text})";

        static int Priority(string symbol) => symbol switch { "*" or "/" or "%" => 2, "+" or "-" => 1, _ => 0 };
    }

    private string Cast(Node node, string type) => !_isPretty ? $"({Whole(node)})::{type}" : node.Shape == Shape.Simple ? $"{node.Text}::{type}" : $"({node.Text})::{type}";

    private Node CastTo(Node node, SqlTypeId type) => node.Type == type ? node : new Node(Cast(node, NameOf(type)), type);

    /// <summary>A type's name where a constant or an implicit cast bears it.</summary>
    private static string NameOf(SqlTypeId type) => type == SqlTypeId.Char ? "bpchar" : new SqlType(type).BaseName;

    private SqlType TypeOf(ExpressionSyntax syntax) => _binder.Bind(syntax).Type;

    private bool IsUntyped(ExpressionSyntax syntax) => syntax is LiteralSyntax { Kind: LiteralKind.String or LiteralKind.Null };

    /// <summary>An operand as a type: an untyped literal takes it, anything else is cast.</summary>
    private Node As(ExpressionSyntax syntax, SqlTypeId type) => IsUntyped(syntax) ? Literal(syntax, type) : CastTo(Describe(syntax), type);

    /// <summary>An operand as it is, an untyped literal as a type.</summary>
    private Node Plain(ExpressionSyntax syntax, SqlTypeId type) => IsUntyped(syntax) ? Literal(syntax, type) : Describe(syntax);

    private Node Describe(ExpressionSyntax syntax) => syntax switch
    {
        LiteralSyntax literal => Literal(literal, SqlTypeId.Text),
        UnarySyntax { Operator: "-", Operand: LiteralSyntax { Kind: LiteralKind.Integer or LiteralKind.Numeric } number } => Number("-" + number.Text),
        UnarySyntax { Operator: "-", OperatorSchema: null } unary => Negation(Describe(unary.Operand)),
        ColumnReferenceSyntax column => new Node(QuotingFunctions.QuoteIdentifier(column.Names[^1]), TypeOf(column).Id),
        ConjunctionSyntax conjunction => Conjunction(conjunction.Kind == ConjunctionKind.And, [.. conjunction.Operands.Select(operand => Plain(operand, SqlTypeId.Boolean))]),
        NotSyntax not => Not(Plain(not.Operand, SqlTypeId.Boolean)),
        IsTestSyntax test => new Node($"{Operand(Plain(test.Operand, test.Test == IsTestKind.Null ? SqlTypeId.Text : SqlTypeId.Boolean), "", false)} IS {(test.Negated ? "NOT " : "")}{test.Test.ToString().ToUpperInvariant()}", SqlTypeId.Boolean, Shape.Test),
        IsDistinctFromSyntax distinct => Distinct(distinct),
        BinarySyntax binary => Binary(binary),
        BetweenSyntax { Symmetric: false } between => Conjunction(!between.Negated,
            [Compare(between.Negated ? "<" : ">=", between.Operand, between.Lower), Compare(between.Negated ? ">" : "<=", between.Operand, between.Upper)]),
        InListSyntax list => InList(list),
        LikeSyntax { Escape: null, Kind: not LikeKind.SimilarTo } like => TextOperator((like.Negated ? "!" : "") + (like.Kind == LikeKind.Like ? "~~" : "~~*"), like.Operand, like.Pattern),
        CastSyntax cast => ExplicitCast(cast),
        CoalesceSyntax coalesce => Call("COALESCE", coalesce.Arguments, TypeOf(syntax).Id),
        MinMaxSyntax minMax => Call(minMax.IsGreatest ? "GREATEST" : "LEAST", minMax.Arguments, TypeOf(syntax).Id),
        CurrentValueSyntax current => Current(current),
        CaseSyntax { Operand: null } @case => Case(@case),
        FunctionCallSyntax { Name.Schema: null, IsVariadic: false } call => Function(call),
        FunctionCallSyntax { Name.Schema: "pg_catalog" } call => SpecialCall(call),
        _ => throw Unknown(),
    };

    private Node Literal(ExpressionSyntax syntax, SqlTypeId type)
    {
        var literal = (LiteralSyntax)syntax;
        switch (literal.Kind)
        {
            case LiteralKind.Null:
                return new Node($"NULL::{NameOf(type)}", type);
            case LiteralKind.Boolean:
                return new Node(literal.Text, SqlTypeId.Boolean);
            case LiteralKind.Integer or LiteralKind.Numeric:
                return Number(literal.Text);
            case LiteralKind.String:
                return String(literal.Text, type);
            default:
                throw Unknown();
        }
    }

    private static Node Number(string digits)
    {
        ConstantExpression value = digits.AsSpan().TrimStart('-').ContainsAnyExceptInRange('0', '9') ? Constants.NumericLiteral(digits) : Constants.IntegerLiteral(digits);
        return value.Type.Id switch
        {
            SqlTypeId.Int32 => digits[0] == '-' ? new Node($"'{digits}'::integer", SqlTypeId.Int32) : new Node(value.Value!.ToString()!, SqlTypeId.Int32),
            SqlTypeId.Int64 => new Node($"'{value.Value}'::bigint", SqlTypeId.Int64),
            _ => digits.Contains('e', StringComparison.OrdinalIgnoreCase) ? throw Unknown() : NumericNode(digits),
        };
    }

    private static Node NumericNode(string digits)
    {
        digits = digits.StartsWith('.') ? "0" + digits : digits.StartsWith("-.", StringComparison.Ordinal) ? "-0" + digits[1..] : digits;
        return new Node(digits[0] != '-' && digits.Contains('.', StringComparison.Ordinal) ? digits : $"'{digits}'::numeric", SqlTypeId.Numeric);
    }

    /// <summary>A string constant of a type, in the form that the type's output gives it.</summary>
    private Node String(string text, SqlTypeId type)
    {
        switch (type)
        {
            case SqlTypeId.Text or SqlTypeId.Varchar or SqlTypeId.Char or SqlTypeId.Name or SqlTypeId.Interval or SqlTypeId.Bytea:
                return new Node($"{QuotingFunctions.QuoteLiteral(text)}::{NameOf(type)}", type);
            case SqlTypeId.Boolean:
                return new Node(BooleanText.Parse(Encoding.UTF8.GetBytes(text)) ? "true" : "false", type);
            case SqlTypeId.Int32:
                int number = IntegerText.ParseInt32(Encoding.UTF8.GetBytes(text));
                return Number(number.ToString(CultureInfo.InvariantCulture));
            case SqlTypeId.Int16 or SqlTypeId.Int64:
                return new Node($"'{IntegerText.ParseInt64(Encoding.UTF8.GetBytes(text))}'::{NameOf(type)}", type);
            case SqlTypeId.Numeric:
                return NumericNode(text.Trim());
            case SqlTypeId.Date:
                Span<byte> date = stackalloc byte[DateTimeText.TimestampTzLengthMax];
                DateTimeText.TryFormatDate(DateTimeText.ParseDate(Encoding.UTF8.GetBytes(text), _state.Context.Clock), date, out int dateLength);
                return new Node($"'{Encoding.UTF8.GetString(date[..dateLength])}'::date", type);
            case SqlTypeId.Timestamp:
                Span<byte> timestamp = stackalloc byte[DateTimeText.TimestampTzLengthMax];
                DateTimeText.TryFormatTimestamp(DateTimeText.ParseTimestamp(Encoding.UTF8.GetBytes(text), _state.Context.Clock, 6), timestamp, out int length);
                return new Node($"'{Encoding.UTF8.GetString(timestamp[..length])}'::{NameOf(type)}", type);
            case SqlTypeId.TimestampTz:
                Span<byte> moment = stackalloc byte[DateTimeText.TimestampTzLengthMax];
                DateTimeText.TryFormatTimestampTz(DateTimeText.ParseTimestampTz(Encoding.UTF8.GetBytes(text), _state.Context.Clock, 6), SessionTimeZone.Utc, moment, out int momentLength);
                return new Node($"'{Encoding.UTF8.GetString(moment[..momentLength])}'::{NameOf(type)}", type);
            case SqlTypeId.RegClass:
                return new Node($"{QuotingFunctions.QuoteLiteral(RelationText(text))}::regclass", type);
            case SqlTypeId.Uuid:
                return new Node($"{QuotingFunctions.QuoteLiteral(text.ToLowerInvariant())}::uuid", type);
            default:
                throw Unknown();
        }
    }

    /// <summary>A relation's name with its schema only where the search path does not lead to it.</summary>
    private string RelationText(string text)
    {
        object found = RelationLookup.FindText(_state.Catalog, _state.Context.SearchPath, text) ?? throw Unknown();
        (string schema, string name) = RelationLookup.NameOf(_state.Catalog, RelationLookup.OidOf(found))!.Value;
        bool isVisible = ReferenceEquals(RelationLookup.Find(_state.Catalog, _searchPath, name), found);
        return (isVisible ? "" : QuotingFunctions.QuoteIdentifier(schema) + ".") + QuotingFunctions.QuoteIdentifier(name);
    }

    private Node Conjunction(bool isAnd, Node[] operands) => new(
        string.Join(isAnd ? " AND " : " OR ", operands.Select(operand => !_isPretty ? Whole(operand) : isAnd && operand.Shape == Shape.Or ? $"({operand.Text})" : operand.Text)),
        SqlTypeId.Boolean, isAnd ? Shape.And : Shape.Or);

    private Node Negation(Node operand) => new($"- {Operand(operand, "", false)}", operand.Type, Shape.Operator, "unary");

    /// <summary>On lines of its own, as PostgreSQL has it even where it is not pretty.</summary>
    private Node Case(CaseSyntax @case)
    {
        if (_isInCase)
        {
            throw Unknown();   // the lines would be indented
        }
        _isInCase = true;
        SqlTypeId type = TypeOf(@case).Id;
        var text = new StringBuilder("\nCASE");
        foreach (CaseWhenSyntax when in @case.Whens)
        {
            text.Append("\n    WHEN ").Append(Whole(Plain(when.When, SqlTypeId.Boolean))).Append(" THEN ").Append(Whole(As(when.Then, type)));
        }
        text.Append("\n    ELSE ").Append(@case.Else is null ? $"NULL::{NameOf(type)}" : Whole(As(@case.Else, type))).Append("\nEND");
        _isInCase = false;
        return new Node(text.ToString(), type);
    }

    /// <summary>Calls with a syntax of their own.</summary>
    private Node SpecialCall(FunctionCallSyntax call)
    {
        switch (call.Name.Name)
        {
            case "btrim" or "ltrim" or "rtrim" when call.Arguments.Count is 1 or 2:
                string side = call.Name.Name switch { "btrim" => "BOTH", "ltrim" => "LEADING", _ => "TRAILING" };
                string trimmed = call.Arguments.Count == 1 ? "" : Whole(Plain(call.Arguments[1], SqlTypeId.Text)) + " ";
                return new Node($"TRIM({side} {trimmed}FROM {Whole(Plain(call.Arguments[0], SqlTypeId.Text))})", SqlTypeId.Text);
            case "extract" when call.Arguments is [LiteralSyntax field, var from]:
                return new Node($"EXTRACT({QuotingFunctions.QuoteIdentifier(field.Text)} FROM {Whole(Plain(from, SqlTypeId.TimestampTz))})", SqlTypeId.Numeric);
            case "position" when call.Arguments.Count == 2:
                return new Node($"POSITION(({Whole(Plain(call.Arguments[1], SqlTypeId.Text))}) IN ({Whole(Plain(call.Arguments[0], SqlTypeId.Text))}))", SqlTypeId.Int32);
            default:
                throw Unknown();
        }
    }

    private Node Not(Node operand) => new(
        $"NOT {(_isPretty ? operand.Shape is Shape.And or Shape.Or ? $"({operand.Text})" : operand.Text : Whole(operand))}", SqlTypeId.Boolean, Shape.Not);

    private Node Distinct(IsDistinctFromSyntax distinct)
    {
        (Node left, Node right) = Sides(distinct.Left, distinct.Right);
        var node = new Node($"{Operand(left, "=", true)} IS DISTINCT FROM {Operand(right, "=", false)}", SqlTypeId.Boolean, Shape.Test);
        return distinct.Negated ? Not(node) : node;
    }

    private Node Binary(BinarySyntax binary)
    {
        switch (binary.Operator)
        {
            case var _ when binary.OperatorSchema is not null || binary.Left is RowSyntax:
                throw Unknown();
            case "=" or "<>" or "<" or "<=" or ">" or ">=":
                return Compare(binary.Operator, binary.Left, binary.Right);
            case "+" or "-" or "*" or "/" or "%" or "^":
                (Node left, Node right) = ArithmeticSides(binary);
                return new Node($"{Operand(left, binary.Operator, true)} {binary.Operator} {Operand(right, binary.Operator, false)}", TypeOf(binary).Id, Shape.Operator, binary.Operator);
            case "||" or "~" or "~*" or "!~" or "!~*" or "~~" or "!~~" or "~~*" or "!~~*":
                return TextOperator(binary.Operator, binary.Left, binary.Right);
            default:
                throw Unknown();
        }
    }

    private Node Compare(string symbol, ExpressionSyntax leftSyntax, ExpressionSyntax rightSyntax)
    {
        (Node left, Node right) = Sides(leftSyntax, rightSyntax);
        return new Node($"{Operand(left, symbol, true)} {symbol} {Operand(right, symbol, false)}", SqlTypeId.Boolean, Shape.Operator, symbol);
    }

    /// <summary>Both sides of a comparison, cast to the operand types of the operator that PostgreSQL takes.</summary>
    private (Node Left, Node Right) Sides(ExpressionSyntax left, ExpressionSyntax right)
    {
        if (IsUntyped(left) || IsUntyped(right))
        {
            SqlTypeId known = IsUntyped(left) ? IsUntyped(right) ? SqlTypeId.Text : TypeOf(right).Id : TypeOf(left).Id;
            known = known == SqlTypeId.Varchar ? SqlTypeId.Text : known;
            return (As(left, known), As(right, known));
        }
        Node leftNode = Describe(left);
        Node rightNode = Describe(right);
        (SqlTypeId leftType, SqlTypeId rightType) = OperandTypes(leftNode.Type, rightNode.Type);
        return (CastTo(leftNode, leftType), CastTo(rightNode, rightType));
    }

    /// <summary>The types that operands of known types are cast to: PostgreSQL has operators between all integers, all floats, all times with a date.</summary>
    private static (SqlTypeId Left, SqlTypeId Right) OperandTypes(SqlTypeId left, SqlTypeId right)
    {
        if (left == right)
        {
            return left == SqlTypeId.Varchar ? (SqlTypeId.Text, SqlTypeId.Text) : (left, right);
        }
        if (TypeCategories.IsNumber(left) && TypeCategories.IsNumber(right))
        {
            bool leftFloats = left is SqlTypeId.Real or SqlTypeId.Double;
            bool rightFloats = right is SqlTypeId.Real or SqlTypeId.Double;
            return leftFloats || rightFloats ? (leftFloats ? left : SqlTypeId.Double, rightFloats ? right : SqlTypeId.Double)
                : left == SqlTypeId.Numeric || right == SqlTypeId.Numeric ? (SqlTypeId.Numeric, SqlTypeId.Numeric)
                : (left, right);
        }
        return (left, right) switch
        {
            (SqlTypeId.Char, SqlTypeId.Varchar) or (SqlTypeId.Varchar, SqlTypeId.Char) => (SqlTypeId.Char, SqlTypeId.Char),
            (SqlTypeId.Text or SqlTypeId.Varchar or SqlTypeId.Char, SqlTypeId.Text or SqlTypeId.Varchar or SqlTypeId.Char) => (SqlTypeId.Text, SqlTypeId.Text),
            _ => (left, right),
        };
    }

    private (Node Left, Node Right) ArithmeticSides(BinarySyntax binary)
    {
        Expression bound = _binder.Bind(binary);
        if (IsUntyped(binary.Left) || IsUntyped(binary.Right))
        {
            IReadOnlyList<SqlType> types = bound is FunctionExpression { Function.ArgumentTypes: { Count: 2 } arguments } ? arguments : throw Unknown();
            return (Plain(binary.Left, types[0].Id), Plain(binary.Right, types[1].Id));
        }
        Node left = Describe(binary.Left);
        Node right = Describe(binary.Right);
        if (binary.Operator == "^" && left.Type != SqlTypeId.Numeric && right.Type != SqlTypeId.Numeric)
        {
            return (CastTo(left, SqlTypeId.Double), CastTo(right, SqlTypeId.Double));
        }
        (SqlTypeId leftType, SqlTypeId rightType) = OperandTypes(left.Type, right.Type);
        return (CastTo(left, leftType), CastTo(right, rightType));
    }

    /// <summary>|| and the matching of patterns: varchar is cast to text; char(n) only for ||.</summary>
    private Node TextOperator(string symbol, ExpressionSyntax leftSyntax, ExpressionSyntax rightSyntax)
    {
        Node left = ToText(Plain(leftSyntax, SqlTypeId.Text), symbol == "||");
        Node right = ToText(Plain(rightSyntax, SqlTypeId.Text), true);
        return new Node($"{Operand(left, symbol, true)} {symbol} {Operand(right, symbol, false)}", symbol == "||" ? SqlTypeId.Text : SqlTypeId.Boolean, Shape.Operator, symbol);

        Node ToText(Node node, bool withChar) => node.Type == SqlTypeId.Varchar || (withChar && node.Type == SqlTypeId.Char) ? CastTo(node, SqlTypeId.Text) : node;
    }

    /// <summary>x IN (a, b) is x = ANY (ARRAY[a, b]), with the items of the type that all have in common.</summary>
    private Node InList(InListSyntax list)
    {
        if (list.Operand is RowSyntax || IsUntyped(list.Operand))
        {
            throw Unknown();
        }
        if (list.Items.Count == 1)
        {
            return Compare(list.Negated ? "<>" : "=", list.Operand, list.Items[0]);
        }
        Node operand = Describe(list.Operand);
        SqlType[] types = [TypeOf(list.Operand), .. list.Items.Select(TypeOf)];
        SqlTypeId common = TypeCategories.CommonType(types, false, out _, out _)?.Id ?? throw Unknown();
        string items = $"ARRAY[{string.Join(", ", list.Items.Select(item => Whole(As(item, common))))}]";
        if (common == SqlTypeId.Varchar)
        {
            operand = CastTo(operand, SqlTypeId.Text);
            items = _isPretty ? items + "::text[]" : $"({items})::text[]";
        }
        else
        {
            operand = CastTo(operand, OperandTypes(operand.Type, common).Left);
        }
        (string symbol, string quantifier) = list.Negated ? ("<>", "ALL") : ("=", "ANY");
        return new Node($"{Operand(operand, symbol, true)} {symbol} {quantifier} ({items})", SqlTypeId.Boolean, Shape.Operator, symbol);
    }

    private Node ExplicitCast(CastSyntax cast)
    {
        SqlType type = TypeNames.Bind(cast.Type);
        if (cast.Type.IntervalFields != Parsing.Ast.IntervalFields.All)
        {
            throw Unknown();
        }
        if (IsUntyped(cast.Operand))
        {
            Node constant = Literal(cast.Operand, type.Id);
            return type.Precision < 0 || !constant.Text.EndsWith("::" + NameOf(type.Id), StringComparison.Ordinal) ? constant
                : new Node(constant.Text[..^NameOf(type.Id).Length] + type, type.Id);
        }
        Node operand = Describe(cast.Operand);
        return operand.Type == type.Id && type.Precision < 0 ? operand
            : new Node(Cast(operand, type.Id == SqlTypeId.Char && type.Precision < 0 ? "bpchar" : type.ToString()), type.Id);
    }

    private Node Call(string name, IReadOnlyList<ExpressionSyntax> arguments, SqlTypeId type) =>
        new($"{name}({string.Join(", ", arguments.Select(argument => Whole(As(argument, type))))})", type);

    private static Node Current(CurrentValueSyntax current)
    {
        (string name, SqlTypeId type) = current.Kind switch
        {
            CurrentValueKind.CurrentDate => ("CURRENT_DATE", SqlTypeId.Date),
            CurrentValueKind.CurrentTimestamp => ("CURRENT_TIMESTAMP", SqlTypeId.TimestampTz),
            CurrentValueKind.LocalTimestamp => ("LOCALTIMESTAMP", SqlTypeId.Timestamp),
            CurrentValueKind.LocalTime => ("LOCALTIME", SqlTypeId.Time),
            CurrentValueKind.CurrentUser => ("CURRENT_USER", SqlTypeId.Name),
            CurrentValueKind.CurrentRole => ("CURRENT_ROLE", SqlTypeId.Name),
            CurrentValueKind.SessionUser => ("SESSION_USER", SqlTypeId.Name),
            CurrentValueKind.User => ("USER", SqlTypeId.Name),
            CurrentValueKind.CurrentCatalog => ("CURRENT_CATALOG", SqlTypeId.Name),
            CurrentValueKind.CurrentSchema => ("CURRENT_SCHEMA", SqlTypeId.Name),
            _ => throw Unknown(),
        };
        return new Node(current.Precision is { } precision ? string.Create(CultureInfo.InvariantCulture, $"{name}({precision})") : name, type);
    }

    private Node Function(FunctionCallSyntax call)
    {
        Expression expression = _binder.Bind(call);
        while (expression is CastExpression cast)
        {
            expression = cast.Operand;   // to the digits that are known of the result
        }
        if (expression is not FunctionExpression bound || bound.Arguments.Count > call.Arguments.Count)
        {
            throw Unknown();
        }
        bool takesAny = FunctionRegistry.FindScalars(call.Name.Name).Any(function => function.TakesAny);
        IEnumerable<string> arguments = call.Arguments.Select((argument, i) =>
        {
            SqlTypeId wanted = bound.Function.ArgumentTypes[Math.Min(i, bound.Function.ArgumentTypes.Count - 1)].Id;
            return Whole(takesAny || i >= bound.Arguments.Count ? Plain(argument, wanted) : As(argument, wanted));
        });
        return new Node($"{QuotingFunctions.QuoteIdentifier(call.Name.Name)}({string.Join(", ", arguments)})", bound.Type.Id);
    }
}
