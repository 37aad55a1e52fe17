using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.ForeignKeys;

/// <summary>
/// Values of a foreign key as those of the other side, whose columns may be of other types (an integer that refers to a
/// bigint). A value that the other type cannot hold exactly has no partner there.
/// </summary>
internal sealed class KeyConversion
{
    private readonly Column[] _columns;
    private readonly int[] _one = new int[1];

    public KeyConversion(TableDefinition from, IReadOnlyList<int> fromNumbers, TableDefinition to, IReadOnlyList<int> toNumbers, StatementScope scope)
    {
        _columns = new Column[fromNumbers.Count];
        for (int i = 0; i < _columns.Length; i++)
        {
            SqlType source = from.Columns[from.IndexOfNumber(fromNumbers[i])].Type;
            SqlType target = to.Columns[to.IndexOfNumber(toNumbers[i])].Type;
            _columns[i] = new Column(source, target, IsSame(source, target) ? null : Evaluators(i, source, target, scope));
        }
    }

    private sealed record Column(SqlType Source, SqlType Target, (ExpressionEvaluator Forth, ExpressionEvaluator IsBack)? Casts);

    /// <summary>True where both types store a value alike.</summary>
    public static bool IsSame(SqlType a, SqlType b) =>
        a.Physical == b.Physical && (a.Id == b.Id ? a.Id != SqlTypeId.Numeric || a.Scale == b.Scale : IsPlainText(a) && IsPlainText(b));

    private static bool IsPlainText(SqlType type) => type.Id is SqlTypeId.Text or SqlTypeId.Varchar or SqlTypeId.Name;

    /// <summary>
    /// Puts a key's values into a buffer, the value at place p to index targets[p]; false where the other side cannot have
    /// such a key. The key has no NULLs.
    /// </summary>
    public bool TryConvert(DataChunk keys, int position, RowBuffer target, ReadOnlySpan<int> targets)
    {
        for (int place = 0; place < _columns.Length; place++)
        {
            if (!TryConvert(_columns[place], keys, keys.Vectors[place], position, target, targets[place]))
            {
                return false;
            }
        }
        return true;
    }

    private bool TryConvert(Column column, DataChunk keys, Vector vector, int position, RowBuffer target, int index)
    {
        if (column.Casts is not { } casts)
        {
            target.SetFrom(index, vector, position);
            return true;
        }
        if (column.Source.IsInteger && column.Target.IsInteger)
        {
            return TrySetInteger(Integer(vector, position), column.Target.Id, target, index);
        }
        (int[]? selection, int count) = (keys.Selection, keys.Count);
        try
        {
            _one[0] = position;
            keys.Selection = _one;
            keys.Count = 1;
            target.SetFrom(index, casts.Forth.Evaluate(keys), position);
            Vector isSame = casts.IsBack.Evaluate(keys);
            return isSame.Values<bool>()[isSame.PositionOf(position)];
        }
        catch (PhantomDbException failure) when (failure.SqlState == SqlStates.NumericValueOutOfRange)
        {
            return false;
        }
        finally
        {
            (keys.Selection, keys.Count) = (selection, count);
        }
    }

    private static long Integer(Vector vector, int position)
    {
        int i = vector.PositionOf(position);
        return vector.Type switch
        {
            PhysicalType.Int16 => vector.Values<short>()[i],
            PhysicalType.Int32 => vector.Values<int>()[i],
            _ => vector.Values<long>()[i],
        };
    }

    private static bool TrySetInteger(long value, SqlTypeId type, RowBuffer target, int index)
    {
        switch (type)
        {
            case SqlTypeId.Int16 when value == (short)value:
                target.Set(index, (short)value);
                return true;
            case SqlTypeId.Int32 when value == (int)value:
                target.Set(index, (int)value);
                return true;
            case SqlTypeId.Int64:
                target.Set(index, value);
                return true;
            default:
                return false;
        }
    }

    // There and back again: a value that is not the same afterwards does not exist on the other side.
    private static (ExpressionEvaluator Forth, ExpressionEvaluator IsBack) Evaluators(int place, SqlType source, SqlType target, StatementScope scope)
    {
        Expression column = new PositionExpression(place, source);
        Expression forth = new CastExpression(column, target, CastContext.Explicit);
        Expression isBack = new ComparisonExpression(ComparisonKind.Equal, new CastExpression(forth, source, CastContext.Explicit), column);
        return (new ExpressionEvaluator(forth, scope.Evaluation), new ExpressionEvaluator(isBack, scope.Evaluation));
    }
}
