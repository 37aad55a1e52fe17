using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Execution.Indexes;
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
    private readonly RowBuffer _value = new(0);

    public KeyConversion(TableDefinition from, IReadOnlyList<int> fromNumbers, TableDefinition to, IReadOnlyList<int> toNumbers, StatementScope scope)
    {
        _columns = new Column[fromNumbers.Count];
        for (int i = 0; i < _columns.Length; i++)
        {
            SqlType source = from.Columns[from.IndexOfNumber(fromNumbers[i])].Type;
            SqlType target = to.Columns[to.IndexOfNumber(toNumbers[i])].Type;
            _columns[i] = IsSame(source, target) ? new Column(source, target, false, null)
                : KeyBounds.CanConvert(source, target) ? new Column(source, target, true, null)
                : new Column(source, target, false, Evaluators(i, source, target, scope));
        }
    }

    private sealed record Column(SqlType Source, SqlType Target, bool IsConverted, (ExpressionEvaluator Forth, ExpressionEvaluator IsBack)? Casts);

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
        if (column.IsConverted)
        {
            _value.SetFrom(0, vector, position);
            return KeyBounds.TryConvert(_value, 0, column.Source, column.Target, ComparisonKind.Equal, target, index);
        }
        if (column.Casts is not { } casts)
        {
            target.SetFrom(index, vector, position);
            return true;
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

    // There and back again: a value that is not the same afterwards does not exist on the other side.
    private static (ExpressionEvaluator Forth, ExpressionEvaluator IsBack) Evaluators(int place, SqlType source, SqlType target, StatementScope scope)
    {
        Expression column = new PositionExpression(place, source);
        Expression forth = new CastExpression(column, target, CastContext.Explicit);
        Expression isBack = new ComparisonExpression(ComparisonKind.Equal, new CastExpression(forth, source, CastContext.Explicit), column);
        return (new ExpressionEvaluator(forth, scope.Evaluation), new ExpressionEvaluator(isBack, scope.Evaluation));
    }
}
