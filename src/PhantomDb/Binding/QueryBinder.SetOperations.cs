using PhantomDb.Errors;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;
using SetOperationKind = PhantomDb.Planning.Logical.SetOperationKind;

namespace PhantomDb.Binding;

/// <summary>UNION, INTERSECT, EXCEPT.</summary>
internal sealed partial class QueryBinder
{
    private BoundQuery BindSetOperation(SetOperation set, bool keepsUnknown)
    {
        BoundQuery[] operands = [.. set.Operands.Select(operand => BindBody(operand, keepsUnknown: true))];
        string name = set.Kind.ToString().ToUpperInvariant();
        int width = operands[0].Columns.Count;
        for (int i = 1; i < operands.Length; i++)
        {
            if (operands[i].Columns.Count != width)
            {
                throw Error.InvalidSyntax($"each {name} query must have the same number of columns", set.Operands[i].Position);
            }
        }
        SqlType[] types = new SqlType[width];
        for (int j = 0; j < width; j++)
        {
            SqlType[] branch = [.. operands.Select(o => o.Columns[j].Type)];
            types[j] = keepsUnknown && branch.All(t => t.Id == SqlTypeId.Unknown) ? SqlType.Unknown
                : TypeCategories.CommonType(branch, branch.Any(t => t.Id == SqlTypeId.Unknown), out SqlType left, out SqlType right)
                    ?? throw Error.TypesDoNotMatch(name, left, right, set.Operands[Array.IndexOf(branch, right)].Position);
        }
        for (int i = 0; i < operands.Length; i++)
        {
            operands[i] = CoerceColumns(operands[i], types, CastContext.Implicit, (j, actual) =>
                Error.At(SqlStates.CannotCoerce, $"{name} could not convert type {actual.BaseName} to {types[j].BaseName}", set.Operands[i].Position));
        }
        SetOperationKind kind = set.Kind switch
        {
            Parsing.Ast.SetOperationKind.Union => SetOperationKind.Union,
            Parsing.Ast.SetOperationKind.Intersect => SetOperationKind.Intersect,
            _ => SetOperationKind.Except,
        };
        // UNION and INTERSECT may be paired in any way, so a long chain becomes a balanced tree, in the same order.
        return kind == SetOperationKind.Except
            ? operands.Skip(1).Aggregate(operands[0], (left, right) => Combine(kind, set.IsAll, left, right, operands[0]))
            : Balance(kind, set.IsAll, operands);
    }

    private BoundQuery Balance(SetOperationKind kind, bool isAll, ReadOnlySpan<BoundQuery> operands)
    {
        if (operands.Length == 1)
        {
            return operands[0];
        }
        int half = operands.Length / 2;
        return Combine(kind, isAll, Balance(kind, isAll, operands[..half]), Balance(kind, isAll, operands[half..]), operands[0]);
    }

    private BoundQuery Combine(SetOperationKind kind, bool isAll, BoundQuery left, BoundQuery right, BoundQuery named)
    {
        LogicalColumn[] columns = [.. left.Columns.Select((column, i) => state.NewColumn(column.Type, named.Columns[i].Name))];
        if (isAll && kind == SetOperationKind.Union || !columns.Any(c => c.Type.Id == SqlTypeId.PaddedChar))
        {
            return new BoundQuery(new LogicalSetOperation(kind, isAll, left.Plan, right.Plan, columns), columns);
        }
        if (kind != SetOperationKind.Union)
        {
            throw Error.NotSupported($"{kind.ToString().ToUpperInvariant()} of char(n) of different lengths");
        }
        // The blanks that values bear with them do not tell them apart.
        var all = new LogicalSetOperation(kind, true, left.Plan, right.Plan, columns);
        var on = new ExpressionList(columns.Select(c => c.Type.Id == SqlTypeId.PaddedChar
            ? _coercion.Apply(c.Reference, SqlType.Char, CastContext.Implicit) : c.Reference));
        return new BoundQuery(new LogicalDistinct(all) { On = on }, columns);
    }
}
