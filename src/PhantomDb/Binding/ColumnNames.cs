using PhantomDb.Parsing.Ast;

namespace PhantomDb.Binding;

/// <summary>Names of result columns that have no alias, chosen as PostgreSQL chooses them.</summary>
internal static class ColumnNames
{
    public const string None = "?column?";

    public static string Of(ExpressionSyntax syntax) => Choose(syntax, out string name) > 0 ? name : None;

    /// <summary>The name of an index's column over the expression; null where it has none of its own.</summary>
    public static string? OfIndexExpression(ExpressionSyntax syntax) => Choose(syntax, out string name) > 0 ? name : null;

    /// <summary>How good the name is: 0 none, 1 may be replaced by that of a cast or CASE around it, 2 stays.</summary>
    private static int Choose(ExpressionSyntax syntax, out string name)
    {
        switch (syntax)
        {
            case ColumnReferenceSyntax column:
                name = column.Names[^1];
                return 2;
            case FieldSelectionSyntax field:
                name = field.Field;
                return 2;
            case SubscriptSyntax subscript:
                return Choose(subscript.Operand, out name);
            case FunctionCallSyntax call:
                name = call.Name.Name;
                return 2;
            case NullIfSyntax:
                name = "nullif";
                return 2;
            case CastSyntax cast:
                int strength = Choose(cast.Operand, out name);
                if (strength <= 1)
                {
                    name = TypeNames.ColumnName(cast.Type);
                    return 1;
                }
                return strength;
            case LiteralSyntax { Kind: LiteralKind.Boolean }:
                name = "bool";
                return 1;
            case CollateSyntax collate:
                return Choose(collate.Operand, out name);
            case GroupingSyntax:
                name = "grouping";
                return 2;
            case ExistsSyntax:
                name = "exists";
                return 2;
            case ArraySubquerySyntax or ArraySyntax:
                name = "array";
                return 2;
            case SubquerySyntax subquery:
                return OfSubquery(subquery.Query, out name);
            case CaseSyntax @case:
                int elseStrength = 0;
                name = "";
                if (@case.Else is not null)
                {
                    elseStrength = Choose(@case.Else, out name);
                }
                if (elseStrength <= 1)
                {
                    name = "case";
                    return 1;
                }
                return elseStrength;
            case RowSyntax:
                name = "row";
                return 2;
            case CoalesceSyntax:
                name = "coalesce";
                return 2;
            case MinMaxSyntax minMax:
                name = minMax.IsGreatest ? "greatest" : "least";
                return 2;
            case CurrentValueSyntax current:
                name = OfCurrentValue(current.Kind);
                return 2;
            default:
                name = "";
                return 0;
        }
    }

    private static int OfSubquery(SelectStatement query, out string name)
    {
        QueryBody body = query.Body;
        while (body is SetOperation set)
        {
            body = set.Operands[0];
        }
        switch (body)
        {
            case NestedQuery nested:
                return OfSubquery(nested.Query, out name);
            case SelectCore { Items.Count: > 0 } core:
                name = core.Items[0].Alias ?? Of(core.Items[0].Expression);
                return 2;
            case ValuesBody:
                name = "column1";
                return 2;
            default:
                name = "";
                return 0;
        }
    }

    private static string OfCurrentValue(CurrentValueKind kind) => kind switch
    {
        CurrentValueKind.CurrentDate => "current_date",
        CurrentValueKind.CurrentTime => "current_time",
        CurrentValueKind.CurrentTimestamp => "current_timestamp",
        CurrentValueKind.LocalTime => "localtime",
        CurrentValueKind.LocalTimestamp => "localtimestamp",
        CurrentValueKind.CurrentRole => "current_role",
        CurrentValueKind.SessionUser => "session_user",
        CurrentValueKind.User => "user",
        CurrentValueKind.CurrentCatalog => "current_catalog",
        CurrentValueKind.CurrentSchema => "current_schema",
        _ => "current_user",
    };
}
