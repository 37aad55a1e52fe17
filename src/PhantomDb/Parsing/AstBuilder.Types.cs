using Antlr4.Runtime;
using PhantomDb.Errors;
using PhantomDb.Parsing.Ast;
using static PhantomDb.Grammar.PhantomSqlParser;

namespace PhantomDb.Parsing;

/// <summary>Type names: the standard's spellings become PostgreSQL's internal names here.</summary>
internal static partial class AstBuilder
{
    public static TypeNameSyntax BuildTypeName(TypeNameContext context)
    {
        int position = Position(context);
        TypeNameSyntax type = context.predefinedType() is { } predefined ? BuildPredefinedType(predefined)
            : context.intervalType() is { } interval ? IntervalType(interval.intervalFields(), interval.Find(IntegerConstant), position)
            : BuildOtherType(context.otherType());
        SyntaxList<int> bounds = context.Has(ARRAY)
            ? [context.Find(IntegerConstant) is { } bound ? Integer(bound) : -1]
            : context.arrayBound().Select(b => b.Find(IntegerConstant) is { } size ? Integer(size) : -1).ToSyntaxList();
        return type with { ArrayBounds = bounds, IsSetOf = context.Has(SETOF), Position = position };
    }

    private static TypeNameSyntax PlainType(QualifiedName name) =>
        new(name, SyntaxList<ExpressionSyntax>.Empty, SyntaxList<int>.Empty, IntervalFields.All, false, name.Position);

    private static TypeNameSyntax BuildOtherType(OtherTypeContext context)
    {
        int position = Position(context);
        SyntaxList<string> names = [Name(context.typeFunctionName()), .. context.columnLabel().Select(Name)];
        return PlainType(new QualifiedName(names, position)) with { Modifiers = BuildModifiers(context.typeModifiers()) };
    }

    private static SyntaxList<ExpressionSyntax> BuildModifiers(TypeModifiersContext? context) =>
        context is null ? SyntaxList<ExpressionSyntax>.Empty : BuildList(context.children);

    private static TypeNameSyntax BuildPredefinedType(PredefinedTypeContext context)
    {
        int position = Position(context);
        SyntaxList<ExpressionSyntax> modifiers = context.typeModifiers() is { } list ? BuildModifiers(list)
            : context.Find(IntegerConstant) is { } number ? [BuildLiteral(number)]
            : SyntaxList<ExpressionSyntax>.Empty;
        bool isVarying = context.Has(VARYING);
        string name;
        switch (context.Start.Type)
        {
            case INT or INTEGER:
                name = "int4";
                break;
            case SMALLINT:
                name = "int2";
                break;
            case BIGINT:
                name = "int8";
                break;
            case REAL:
                name = "float4";
                break;
            case DOUBLE:
                name = "float8";
                break;
            case BOOLEAN:
                name = "bool";
                break;
            case FLOAT:
                name = FloatName(context.Find(IntegerConstant));
                modifiers = SyntaxList<ExpressionSyntax>.Empty;
                break;
            case DECIMAL or DEC or NUMERIC:
                name = "numeric";
                break;
            case BIT:
                name = isVarying ? "varbit" : "bit";
                modifiers = isVarying ? modifiers : OneIfEmpty(modifiers, position);
                break;
            case VARCHAR:
                name = "varchar";
                break;
            case TIME or TIMESTAMP:
                name = (context.Start.Type == TIME ? "time" : "timestamp") + (context.Has(WITH) ? "tz" : "");
                break;
            default: // CHARACTER and its like: without a length it is one character
                name = isVarying ? "varchar" : "bpchar";
                modifiers = isVarying ? modifiers : OneIfEmpty(modifiers, position);
                break;
        }
        return PlainType(SystemName(name, position)) with { Modifiers = modifiers };
    }

    private static SyntaxList<ExpressionSyntax> OneIfEmpty(SyntaxList<ExpressionSyntax> modifiers, int position) =>
        modifiers.Count > 0 ? modifiers : [new LiteralSyntax(LiteralKind.Integer, "1", position)];

    private static string FloatName(IToken? precision)
    {
        if (precision is null)
        {
            return "float8";
        }
        return Integer(precision) switch
        {
            < 1 => throw new PhantomDbException(SqlStates.InvalidParameterValue, "precision for type float must be at least 1 bit") { Position = precision.StartIndex },
            <= 24 => "float4",
            <= 53 => "float8",
            _ => throw new PhantomDbException(SqlStates.InvalidParameterValue, "precision for type float must be less than 54 bits") { Position = precision.StartIndex },
        };
    }

    private static TypeNameSyntax IntervalType(IntervalFieldsContext? fields, IToken? precision, int position)
    {
        IntervalFields restriction = IntervalFields.All;
        if (fields is not null)
        {
            restriction = FieldsOf(fields);
            precision = fields.intervalSecond()?.Find(IntegerConstant);
        }
        return PlainType(SystemName("interval", position)) with
        {
            IntervalFields = restriction,
            Modifiers = precision is null ? SyntaxList<ExpressionSyntax>.Empty : [BuildLiteral(precision)],
        };
    }

    private static IntervalFields FieldsOf(IntervalFieldsContext context)
    {
        int last = context.Has(TO) ? context.intervalSecond() is null ? context.TokenType(2) : SECOND : 0;
        return (context.Start.Type, last) switch
        {
            (YEAR, 0) => IntervalFields.Year,
            (YEAR, _) => IntervalFields.YearToMonth,
            (MONTH, _) => IntervalFields.Month,
            (DAY, 0) => IntervalFields.Day,
            (DAY, HOUR) => IntervalFields.DayToHour,
            (DAY, MINUTE) => IntervalFields.DayToMinute,
            (DAY, _) => IntervalFields.DayToSecond,
            (HOUR, 0) => IntervalFields.Hour,
            (HOUR, MINUTE) => IntervalFields.HourToMinute,
            (HOUR, _) => IntervalFields.HourToSecond,
            (MINUTE, 0) => IntervalFields.Minute,
            (MINUTE, _) => IntervalFields.MinuteToSecond,
            _ => IntervalFields.Second,
        };
    }
}
