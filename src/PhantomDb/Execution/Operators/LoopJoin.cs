using PhantomDb.Errors;
using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Operators;

/// <summary>
/// Joins without hashing: tests the condition on pairs of a left row with a chunk of right rows, or (where the right side is
/// the shorter) of a right row with a chunk of left rows, so that one side is never copied and the other is constant.
/// The right side is either kept rows, or run again for each left row (a dependent join).
/// </summary>
internal sealed class LoopJoin(
    JoinKind kind, IReadOnlyList<PhysicalType> leftTypes, IReadOnlyList<PhysicalType> rightTypes, Expression? condition, ILoopJoinRight right,
    bool keepsOrder = false)
    : StreamingOperator
{
    public override OperatorWorker CreateWorker(ExecutionContext context) =>
        new Worker(kind, leftTypes, rightTypes, condition, right, keepsOrder, context);

    private sealed class Worker : OperatorWorker
    {
        private readonly JoinKind _kind;
        private readonly bool _keepsOrder;           // left row by left row
        private readonly ExecutionContext _context;
        private readonly ColumnarBuffer? _rows;      // the right side, where it is kept
        private readonly bool[]? _isRightMatched;
        private readonly LoopJoinRows _rightRows;
        private readonly PredicateEvaluator? _condition;
        private readonly ExpressionEvaluator? _conditionValue;   // of mark joins, where unknown is not false
        private readonly DataChunk _pairs;
        private readonly Vector[] _ownVectors;
        private readonly DataChunk _final;           // of semi, anti and mark joins: the left columns, and the mark
        private readonly int _leftCount;
        private int[] _selection = [];
        private bool[] _isMatched = [];   // by position in the input
        private bool[] _isUnknown = [];   // by position in the input

        private DataChunk? _input;
        private State _state = State.Idle;
        private bool _isByRightRow;
        private int _row;               // the left row, or the right one where _isByRightRow
        private bool _isRowStarted;
        private int _finishedRow;

        public Worker(
            JoinKind kind, IReadOnlyList<PhysicalType> leftTypes, IReadOnlyList<PhysicalType> rightTypes,
            Expression? condition, ILoopJoinRight right, bool keepsOrder, ExecutionContext context)
        {
            _kind = kind;
            _keepsOrder = keepsOrder;
            _context = context;
            _rightRows = right.CreateRows(context);
            _rows = _rightRows.Kept;
            _leftCount = leftTypes.Count;
            _pairs = new DataChunk([.. leftTypes, .. rightTypes], context.Memory);
            _ownVectors = [.. _pairs.Vectors];
            _final = kind switch
            {
                JoinKind.Semi or JoinKind.Anti => new DataChunk(leftTypes, context.Memory),
                JoinKind.Mark => new DataChunk([.. leftTypes, PhysicalType.Boolean], context.Memory),
                _ => _pairs,
            };
            if (condition is not null)
            {
                _condition = kind == JoinKind.Mark ? null : new PredicateEvaluator(condition, context.Evaluation);
                _conditionValue = kind == JoinKind.Mark ? new ExpressionEvaluator(condition, context.Evaluation) : null;
            }
            if (kind is JoinKind.Right or JoinKind.Full)
            {
                context.Memory.Charge(_rows!.Count);
                _isRightMatched = new bool[_rows.Count];
            }
        }

        private enum State
        {
            Idle,
            Pairs,
            Rest,
            Unmatched,
        }

        private bool OneIsEnough => _kind is JoinKind.Semi or JoinKind.Anti or JoinKind.Mark;

        public override bool IsDone => _rows is { Count: 0 } && _kind is JoinKind.Inner or JoinKind.Semi or JoinKind.Right;

        public override void Push(DataChunk input)
        {
            _input = input;
            DataChunk.EnsureRoom(ref _selection!, input.Count);
            DataChunk.EnsureRoom(ref _isMatched!, input.End);
            DataChunk.EnsureRoom(ref _isUnknown!, input.End);
            for (int i = 0; i < input.Count; i++)
            {
                _isMatched[input.Position(i)] = false;
                _isUnknown[input.Position(i)] = false;
            }
            _isByRightRow = !_keepsOrder && _rows is not null && _rows.Count <= input.Count;
            _row = 0;
            _isRowStarted = false;
            _state = State.Pairs;
        }

        public override DataChunk? Next()
        {
            while (true)
            {
                switch (_state)
                {
                    case State.Idle:
                        return null;
                    case State.Pairs:
                        _context.ThrowIfCancelled();
                        if (!(_isByRightRow ? PairLeftRows() : PairRightRows()))
                        {
                            _state = State.Rest;
                        }
                        else if (TestPairs())
                        {
                            return _pairs;
                        }
                        break;
                    case State.Rest:
                        _state = State.Idle;
                        return AnswerRest();
                    case State.Unmatched:
                        return NextUnmatched();
                }
            }
        }

        public override void Finish()
        {
            if (_isRightMatched is not null)
            {
                DataChunk.EnsureRoom(ref _selection!, Math.Min(DataChunk.Capacity, _isRightMatched.Length));
                _finishedRow = 0;
                _state = State.Unmatched;
            }
        }

        // The next right row beside all left rows that still matter.
        private bool PairLeftRows()
        {
            DataChunk input = _input!;
            if (_row == _rows!.Count)
            {
                return false;
            }
            int right = _row++;
            int[]? selection = input.Selection;
            int count = input.Count;
            if (OneIsEnough)
            {
                count = SelectByMatch(matched: false);
                selection = _selection;
                if (count == 0)
                {
                    return false;
                }
            }
            for (int i = 0; i < _leftCount; i++)
            {
                _pairs.Vectors[i] = input.Vectors[i];
            }
            for (int i = _leftCount; i < _pairs.Vectors.Length; i++)
            {
                _pairs.Vectors[i] = _ownVectors[i];
                _rows.Gather(i - _leftCount, [right], null, _ownVectors[i]);
                _ownVectors[i].MarkConstant();
            }
            _pairs.Selection = selection;
            _pairs.Count = count;
            return true;
        }

        // The next chunk of right rows beside one left row.
        private bool PairRightRows()
        {
            DataChunk input = _input!;
            while (_row < input.Count)
            {
                int position = input.Position(_row);
                if (!_isRowStarted)
                {
                    for (int i = 0; i < _leftCount; i++)
                    {
                        _pairs.Vectors[i] = _ownVectors[i];
                        VectorCopy.SetConstant(input.Vectors[i], position, _ownVectors[i]);
                    }
                    _rightRows.Start(_pairs.Vectors.AsSpan(0, _leftCount));
                    _isRowStarted = true;
                }
                DataChunk? right = OneIsEnough && _isMatched[position] ? null : _rightRows.Next();
                if (right is null)
                {
                    _row++;
                    _isRowStarted = false;
                    continue;
                }
                for (int i = _leftCount; i < _pairs.Vectors.Length; i++)
                {
                    _pairs.Vectors[i] = right.Vectors[i - _leftCount];
                }
                _pairs.Selection = right.Selection;
                _pairs.Count = right.Count;
                return true;
            }
            return false;
        }

        // Notes who has a partner; true where the pairs are output.
        private bool TestPairs()
        {
            if (_conditionValue is not null)
            {
                NoteMarks(_conditionValue.Evaluate(_pairs));
                return false;
            }
            if (_condition is not null)
            {
                _pairs.Count = _condition.Select(_pairs, DataChunk.EnsureRoom(ref _selection!, _pairs.Count));
                _pairs.Selection = _selection;
            }
            if (_pairs.Count == 0)
            {
                return false;
            }
            if (_isByRightRow)
            {
                for (int i = 0; i < _pairs.Count; i++)
                {
                    NoteMatch(_pairs.Position(i));
                }
                if (_isRightMatched is not null)
                {
                    _isRightMatched[_row - 1] = true;
                }
            }
            else
            {
                if (_kind == JoinKind.Single && _pairs.Count > 1)
                {
                    throw Error.MoreThanOneRow();
                }
                NoteMatch(_input!.Position(_row));
                if (_isRightMatched is not null)
                {
                    int first = _rightRows.FirstRow;
                    for (int i = 0; i < _pairs.Count; i++)
                    {
                        _isRightMatched[first + _pairs.Position(i)] = true;
                    }
                }
            }
            return !OneIsEnough;
        }

        private void NoteMatch(int position)
        {
            if (_isMatched[position] && _kind == JoinKind.Single)
            {
                throw Error.MoreThanOneRow();
            }
            _isMatched[position] = true;
        }

        private void NoteMarks(Vector value)
        {
            ReadOnlySpan<bool> values = value.Values<bool>();
            for (int i = 0; i < _pairs.Count; i++)
            {
                int pair = _pairs.Position(i);
                int position = _isByRightRow ? pair : _input!.Position(_row);
                if (!value.IsValid(pair))
                {
                    _isUnknown[position] = true;
                }
                else if (values[value.PositionOf(pair)])
                {
                    _isMatched[position] = true;
                }
            }
        }

        private DataChunk? AnswerRest()
        {
            DataChunk input = _input!;
            if (_kind is JoinKind.Inner or JoinKind.Right)
            {
                return null;
            }
            for (int i = 0; i < _leftCount; i++)
            {
                _final.Vectors[i] = input.Vectors[i];
            }
            if (_kind == JoinKind.Mark)
            {
                Vector mark = _final.Vectors[^1];
                Span<bool> marks = mark.Write<bool>();
                for (int i = 0; i < input.Count; i++)
                {
                    int position = input.Position(i);
                    marks[position] = _isMatched[position];
                    if (!_isMatched[position] && _isUnknown[position])
                    {
                        mark.SetNull(position);
                    }
                }
                _final.Selection = input.Selection;
                _final.Count = input.Count;
                return _final;
            }
            if (!OneIsEnough)
            {
                for (int i = _leftCount; i < _final.Vectors.Length; i++)
                {
                    _final.Vectors[i] = _ownVectors[i];
                    _ownVectors[i].SetConstantNull();
                }
            }
            _final.Count = SelectByMatch(matched: _kind == JoinKind.Semi);
            _final.Selection = _selection;
            return _final.Count == 0 ? null : _final;
        }

        private int SelectByMatch(bool matched)
        {
            DataChunk input = _input!;
            int count = 0;
            for (int i = 0; i < input.Count; i++)
            {
                int position = input.Position(i);
                _selection[count] = position;
                count += _isMatched[position] == matched ? 1 : 0;
            }
            return count;
        }

        private DataChunk? NextUnmatched()
        {
            int count = 0;
            while (_finishedRow < _isRightMatched!.Length && count < DataChunk.Capacity)
            {
                _selection[count] = _finishedRow;
                count += _isRightMatched[_finishedRow++] ? 0 : 1;
            }
            if (count == 0)
            {
                _state = State.Idle;
                return null;
            }
            for (int i = 0; i < _pairs.Vectors.Length; i++)
            {
                _pairs.Vectors[i] = _ownVectors[i];
                if (i < _leftCount)
                {
                    _ownVectors[i].SetConstantNull();
                }
                else
                {
                    _rows!.Gather(i - _leftCount, _selection.AsSpan(0, count), null, _ownVectors[i]);
                }
            }
            _pairs.Selection = null;
            _pairs.Count = count;
            return _pairs;
        }
    }
}

/// <summary>Where a <see cref="LoopJoin"/> gets right rows from.</summary>
internal interface ILoopJoinRight
{
    LoopJoinRows CreateRows(ExecutionContext context);
}

/// <summary>One worker's reading of the right side, from the start for each left row.</summary>
internal abstract class LoopJoinRows
{
    /// <summary>The rows where they do not depend on the left row; null where they do.</summary>
    public virtual ColumnarBuffer? Kept => null;

    /// <summary>Where rows are kept: the row at position 0 of the last chunk.</summary>
    public virtual int FirstRow => 0;

    /// <summary>Begins again; the left row's columns are constant vectors that stay as they are until the next call.</summary>
    public abstract void Start(ReadOnlySpan<Vector> leftRow);

    /// <summary>The next chunk, never empty; null at the end.</summary>
    public abstract DataChunk? Next();
}

/// <summary>The right side of a nested-loop join: rows that a sink has kept.</summary>
internal sealed class KeptLoopJoinRight(BufferSink sink) : ILoopJoinRight
{
    public LoopJoinRows CreateRows(ExecutionContext context) => new Rows(sink.Rows);

    private sealed class Rows(ColumnarBuffer rows) : LoopJoinRows
    {
        private readonly DataChunk _chunk = new(rows.Types);
        private int _block;

        public override ColumnarBuffer Kept => rows;

        public override int FirstRow => (_block - 1) * DataChunk.Capacity;

        public override void Start(ReadOnlySpan<Vector> leftRow) => _block = 0;

        public override DataChunk? Next()
        {
            if (_block == rows.BlockCount)
            {
                return null;
            }
            rows.Read(_block++, _chunk);
            return _chunk;
        }
    }
}
