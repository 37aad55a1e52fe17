using PhantomDb.Errors;
using PhantomDb.Expressions;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Operators;

/// <summary>An operator that answers each chunk with at most one.</summary>
internal abstract class OneToOneWorker : OperatorWorker
{
    private DataChunk? _output;

    public sealed override void Push(DataChunk input) => _output = Answer(input);

    public sealed override DataChunk? Next()
    {
        DataChunk? output = _output;
        _output = null;
        return output;
    }

    /// <summary>Null where nothing is left of it.</summary>
    protected abstract DataChunk? Answer(DataChunk input);
}

/// <summary>Keeps the rows for which a predicate is true.</summary>
internal sealed class FilterOperator(Expression predicate) : StreamingOperator
{
    public override OperatorWorker CreateWorker(ExecutionContext context) => new Worker(predicate, context);

    private sealed class Worker(Expression predicate, ExecutionContext context) : OneToOneWorker
    {
        private readonly PredicateEvaluator _predicate = new(predicate, context.Evaluation);
        private int[]? _selection;

        protected override DataChunk? Answer(DataChunk input)
        {
            int count = _predicate.Select(input, DataChunk.EnsureRoom(ref _selection, input.Count));
            if (count < input.Count)
            {
                input.Selection = _selection;
                input.Count = count;
            }
            return count == 0 ? null : input;
        }
    }
}

/// <summary>Computes columns; a column that is passed on is not copied.</summary>
internal sealed class ProjectOperator(IReadOnlyList<Expression> expressions) : StreamingOperator
{
    public override OperatorWorker CreateWorker(ExecutionContext context) => new Worker(expressions, context);

    private sealed class Worker : OneToOneWorker
    {
        private readonly ExpressionEvaluator[] _evaluators;
        private readonly DataChunk _output;

        public Worker(IReadOnlyList<Expression> expressions, ExecutionContext context)
        {
            _evaluators = [.. expressions.Select(e => new ExpressionEvaluator(e, context.Evaluation))];
            _output = new DataChunk([.. expressions.Select(e => e.Type.Physical)]);
        }

        protected override DataChunk Answer(DataChunk input)
        {
            for (int i = 0; i < _evaluators.Length; i++)
            {
                _output.Vectors[i] = _evaluators[i].Evaluate(input);
            }
            _output.Selection = input.Selection;
            _output.Count = input.Count;
            return _output;
        }
    }
}

/// <summary>Keeps the first row of each group of equal keys.</summary>
internal sealed class DistinctOperator(IReadOnlyList<Expression> keys) : StreamingOperator
{
    public override OperatorWorker CreateWorker(ExecutionContext context) => new Worker(keys, context);

    private sealed class Worker(IReadOnlyList<Expression> keys, ExecutionContext context) : OneToOneWorker
    {
        private readonly ExpressionEvaluator[] _evaluators = [.. keys.Select(k => new ExpressionEvaluator(k, context.Evaluation))];
        private readonly Vector[] _keys = new Vector[keys.Count];
        private readonly GroupTable _groups = new([.. keys.Select(k => k.Type.Physical)], context.Memory);
        private int[]? _numbers;
        private int[]? _selection;

        protected override DataChunk? Answer(DataChunk input)
        {
            for (int i = 0; i < _keys.Length; i++)
            {
                _keys[i] = _evaluators[i].Evaluate(input);
            }
            _groups.FindOrAdd(_keys, input.Selection, input.Count, DataChunk.EnsureRoom(ref _numbers, input.End));
            if (_groups.NewCount < input.Count)
            {
                _groups.NewPositions.CopyTo(DataChunk.EnsureRoom(ref _selection, _groups.NewCount));
                input.Selection = _selection;
                input.Count = _groups.NewCount;
            }
            return input.Count == 0 ? null : input;
        }
    }
}

/// <summary>LIMIT and OFFSET; the two are computed when the query begins. With ties, rows equal to the last one stay.</summary>
internal sealed class LimitOperator(Expression? limit, Expression? offset, IReadOnlyList<Expression>? ties) : StreamingOperator
{
    public override OperatorWorker CreateWorker(ExecutionContext context) => new Worker(limit, offset, ties, context);

    private sealed class Worker : OneToOneWorker
    {
        private readonly long _limit;
        private readonly ExpressionEvaluator[]? _ties;
        private readonly PhysicalType[] _tieTypes = [];
        private readonly Vector[] _tieKeys = [];
        private readonly ExecutionContext _context;
        private int[]? _selection;
        private ColumnarBuffer? _last;    // the keys of the last row within the limit
        private long _toSkip;
        private long _taken;
        private bool _areTiesOver;

        public Worker(Expression? limit, Expression? offset, IReadOnlyList<Expression>? ties, ExecutionContext context)
        {
            _context = context;
            // A NULL limit is none; a NULL offset is 0.
            _toSkip = Value(offset, context) ?? 0;
            if (_toSkip < 0)
            {
                throw Error.NegativeOffset();
            }
            _limit = Value(limit, context) ?? long.MaxValue;
            if (_limit < 0)
            {
                throw Error.NegativeLimit();
            }
            if (ties is not null)
            {
                _ties = [.. ties.Select(t => new ExpressionEvaluator(t, context.Evaluation))];
                _tieTypes = [.. ties.Select(t => t.Type.Physical)];
                _tieKeys = new Vector[_ties.Length];
            }
        }

        public override bool IsDone => _taken >= _limit && (_ties is null || _limit == 0 || _areTiesOver);

        protected override DataChunk? Answer(DataChunk input)
        {
            int skipped = (int)Math.Min(_toSkip, input.Count);
            _toSkip -= skipped;
            int taken = (int)Math.Min(_limit - _taken, input.Count - skipped);
            _taken += taken;
            int end = skipped + taken;
            if (_ties is not null && _taken == _limit && _limit > 0)
            {
                end = TakeTies(input, taken, end);
            }
            if (end == skipped)
            {
                return null;
            }
            if (end - skipped < input.Count)
            {
                Narrow(input, skipped, end);
            }
            return input;
        }

        private static long? Value(Expression? expression, ExecutionContext context) =>
            expression is null ? null : (long?)ExpressionEvaluator.EvaluateConstant(expression, context.Evaluation);

        // Goes on from the end while rows equal the last within the limit.
        private int TakeTies(DataChunk input, int taken, int end)
        {
            for (int i = 0; i < _tieKeys.Length; i++)
            {
                _tieKeys[i] = _ties![i].Evaluate(input);
            }
            if (taken > 0)
            {
                _last = new ColumnarBuffer(_tieTypes, _context.Memory);
                _last.Append(_tieKeys, [input.Position(end - 1)], 1);
            }
            while (end < input.Count && EqualsLast(input.Position(end)))
            {
                end++;
            }
            _areTiesOver = end < input.Count;
            return end;
        }

        private bool EqualsLast(int position)
        {
            for (int i = 0; i < _tieKeys.Length; i++)
            {
                bool isValid = _tieKeys[i].IsValid(position);
                if (isValid != _last!.Column(i).IsValid(0)
                    || (isValid && !BufferComparer.Equal(_last.Column(i), 0, _tieKeys[i], _tieKeys[i].PositionOf(position))))
                {
                    return false;
                }
            }
            return true;
        }

        private void Narrow(DataChunk input, int start, int end)
        {
            int[] selection = DataChunk.EnsureRoom(ref _selection, end - start);
            for (int i = start; i < end; i++)
            {
                selection[i - start] = input.Position(i);
            }
            input.Selection = selection;
            input.Count = end - start;
        }
    }
}
