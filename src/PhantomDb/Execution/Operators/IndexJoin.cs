using System.Runtime.CompilerServices;
using PhantomDb.Errors;
using PhantomDb.Execution.Indexes;
using PhantomDb.Execution.Physical;
using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;
using PhantomDb.Storage;
using PhantomDb.Storage.Indexes;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Operators;

/// <summary>
/// Finds the partners of each left row by an index and writes the pairs out, a chunk at a time. Where far more rows come than the
/// plan was made for, a hash join goes on in its place.
/// </summary>
internal sealed class IndexJoin(
    PhysicalIndexJoin join, Func<PhysicalHashJoin, ExecutionContext, HashJoinBuild> scanHashed, ExecutionProfile? profile) : StreamingOperator
{
    public override OperatorWorker CreateWorker(ExecutionContext context) => new Worker(join, scanHashed, profile, context);

    private sealed class Worker : OperatorWorker
    {
        private const int FirstPairCount = 32;       // buffers grow with what comes: most joins by an index are of few rows

        private readonly PhysicalIndexJoin _join;
        private readonly Func<PhysicalHashJoin, ExecutionContext, HashJoinBuild> _scanHashed;
        private readonly ExecutionProfile? _profile;
        private readonly ExecutionContext _context;
        private readonly TableIndex _index;
        private readonly IndexRangeScan _rows;
        private readonly KeyWriter _lower;
        private readonly KeyWriter _upper;
        private readonly ExpressionEvaluator[] _valueEvaluators;
        private readonly Vector[] _values;
        private readonly RowBuffer _key;             // the fixed parts of a key, and the left row's
        private readonly int[]? _keyValues;          // by key column the value of the left row, or -1 for a fixed one; null where ranges are made anew
        private readonly PredicateEvaluator? _filter;
        private readonly PredicateEvaluator? _condition;
        private readonly DataChunk _right;
        private readonly DataChunk _output;
        private readonly Vector[] _ownVectors;       // the output's vectors for when left columns are gathered
        private readonly DataChunk _final;           // of semi and anti joins: the left columns
        private readonly int _leftCount;
        private readonly bool _isOneEnough;          // the first partner answers for a row
        private readonly bool _fillsInPlace;

        private int[] _positions = [];               // of each pair's left row
        private int[] _selected = [];
        private bool[] _isMatched = [];              // by position in the input
        private int _pairCountMax = FirstPairCount;
        private OperatorWorker? _instead;
        private DataChunk? _input;
        private State _state = State.Idle;
        private double _leftRows;
        private int _row;                            // next row of the input to find partners of
        private bool _isFinding;                     // the row before it has more of them
        private List<KeyRange>? _ranges;
        private int _rangeCount;

        public Worker(
            PhysicalIndexJoin join, Func<PhysicalHashJoin, ExecutionContext, HashJoinBuild> scanHashed, ExecutionProfile? profile, ExecutionContext context)
        {
            _join = join;
            _scanHashed = scanHashed;
            _profile = profile;
            _context = context;
            PhysicalScan scan = join.Right.Scan;
            ScanPredicate.Note(scan, context);
            TableStore table = context.Tables[scan.Table.Oid];
            _index = table.FindIndex(join.Right.Index.Oid) ?? throw new System.Diagnostics.UnreachableException($"index {join.Right.Index.Name} is gone");
            table.EnsureComplete(_index.EntryColumns, context.View);
            table.EnsureComplete([.. scan.ColumnNumbers], context.View);
            _rows = new IndexRangeScan(table, _index, [.. scan.ColumnNumbers]) { BeforeBatch = context.ThrowIfCancelled };
            _lower = _index.NewKeyWriter();
            _upper = _index.NewKeyWriter();
            _valueEvaluators = [.. join.OuterValues.Select(value => new ExpressionEvaluator(value, context.Evaluation))];
            _values = new Vector[_valueEvaluators.Length];
            _key = new RowBuffer(new int[join.Right.Keys.Count]);
            _keyValues = FindKeyValues();
            _filter = join.Right.Residual is null ? null : new PredicateEvaluator(join.Right.Residual, context.Evaluation);
            _condition = join.Condition is null ? null : new PredicateEvaluator(join.Condition, context.Evaluation);
            _leftCount = join.LeftOutputs.Count;
            PhysicalType[] leftTypes = [.. join.LeftOutputs.Select(i => join.Left.Columns[i].Type.Physical)];
            PhysicalType[] rightTypes = [.. scan.Columns.Select(c => c.Type.Physical)];
            _right = new DataChunk(rightTypes, context.Memory);
            _output = new DataChunk([.. leftTypes, .. rightTypes], context.Memory);
            _ownVectors = [.. _output.Vectors];
            _final = join.Kind is JoinKind.Semi or JoinKind.Anti ? new DataChunk(leftTypes, context.Memory) : _output;
            _isOneEnough = join.Kind is JoinKind.Semi or JoinKind.Anti && _filter is null && _condition is null;
            _fillsInPlace = join.Kind is JoinKind.Left or JoinKind.Single && join.KeepsUnmatchedInPlace;
        }

        private enum State
        {
            Idle,
            Pairs,
            Rest,
        }

        public override void Push(DataChunk input)
        {
            _leftRows += input.Count;
            if (_instead is null && _leftRows > _join.LeftRowsMax && _join.Instead is { } hashJoin)
            {
                if (_profile is not null)
                {
                    _profile.CountersOf(_join).Instead = "Hash Join";
                }
                _instead = new HashJoinProbe(hashJoin, _scanHashed(hashJoin, _context)).CreateWorker(_context);
            }
            if (_instead is not null)
            {
                _instead.Push(input);
                return;
            }
            _input = input;
            for (int i = 0; i < _values.Length; i++)
            {
                _values[i] = _valueEvaluators[i].Evaluate(input);
            }
            if (_isMatched.Length < input.End)
            {
                _isMatched = new bool[Math.Min(DataChunk.Capacity, input.End * 2)];
            }
            DataChunk.EnsureRoom(ref _selected!, input.Count);
            for (int i = 0; i < input.Count; i++)
            {
                _isMatched[input.Position(i)] = false;
            }
            _row = 0;
            _isFinding = false;
            _state = State.Pairs;
        }

        public override DataChunk? Next()
        {
            if (_instead is not null)
            {
                return _instead.Next();
            }
            while (_state == State.Pairs)
            {
                _context.ThrowIfCancelled();
                int count = MakePairs();
                if (count == 0)
                {
                    _state = State.Rest;
                }
                else if (AnswerPairs(count) is { } pairs)
                {
                    return pairs;
                }
            }
            if (_state == State.Rest)
            {
                _state = State.Idle;
                return AnswerRest();
            }
            return null;
        }

        public override void Finish() => _instead?.Finish();

        // The places of the left row's values in the key; null where it is not simply one value a column, of the column's type.
        private int[]? FindKeyValues()
        {
            if (_join.Right.Range is not null)
            {
                return null;
            }
            int[] places = new int[_join.Right.Keys.Count];
            for (int i = 0; i < places.Length; i++)
            {
                if (_join.Right.Keys[i] is not { IsSingle: true, IsNull: false, Values: [var value] } || value.Type.Physical != _index.KeyColumns[i].Type)
                {
                    return null;
                }
                places[i] = value is ParameterExpression parameter && parameter.Index >= _join.FirstSlot && parameter.Index < _join.FirstSlot + _values.Length
                    ? parameter.Index - _join.FirstSlot : -1;
                if (places[i] < 0)
                {
                    object? constant = ExpressionEvaluator.EvaluateConstant(value, _context.Evaluation);
                    _key.SetFrom(i, ExpressionEvaluator.MakeConstant(value.Type, constant), 0);
                }
            }
            return places;
        }

        // Goes to the first partner of a left row; false where it can have none.
        private bool TrySeek(int position)
        {
            if (_keyValues is null)
            {
                return TryMakeRanges(position);
            }
            _lower.Reset();
            _upper.Reset();
            for (int i = 0; i < _keyValues.Length; i++)
            {
                if (_keyValues[i] >= 0)
                {
                    _key.SetFrom(i, _values[_keyValues[i]], position);
                }
                if (_key.IsNull(i))
                {
                    return false;
                }
                _index.Add(_lower, i, ref _key.Raw(i), false, _key.BlocksOf(i));
                _index.Add(_upper, i, ref _key.Raw(i), false, _key.BlocksOf(i));
            }
            _rows.Seek(_lower.Key, _upper.TryMoveToSuccessor() ? _upper.Key : []);
            return true;
        }

        private bool TryMakeRanges(int position)
        {
            for (int i = 0; i < _values.Length; i++)
            {
                Vector value = new(_values[i].DeclaredType);
                VectorCopy.SetConstant(_values[i], position, value);
                _context.Evaluation.Parameters[_join.FirstSlot + i] = value;
            }
            _ranges = IndexKeyRanges.Make(_join.Right, _index, _context.Evaluation)
                ?? throw new System.Diagnostics.UnreachableException("a join by an index has one value for a column");
            _rangeCount = 0;
            return TryStartRange();
        }

        private bool TryStartRange()
        {
            if (_ranges is null || _rangeCount == _ranges.Count)
            {
                return false;
            }
            KeyRange range = _ranges[_rangeCount++];
            _rows.Seek(range.Lower, range.Upper);
            return true;
        }

        private bool TryFindNext(out long rowId)
        {
            while (!_rows.TryNext(_context.View, out rowId))
            {
                if (!TryStartRange())
                {
                    return false;
                }
            }
            return true;
        }

        // Pairs of left rows and what the index has for them, as many as fit.
        [MethodImpl(HotLoop.Options)]
        private int MakePairs()
        {
            DataChunk input = _input!;
            RowVectors.Begin(_right, _pairCountMax);
            DataChunk.EnsureRoom(ref _positions!, _pairCountMax);
            DataChunk.EnsureRoom(ref _selected!, _pairCountMax);
            bool isMatchEnough = _join.Kind is JoinKind.Semi or JoinKind.Anti;
            int count = 0;
            int firstRow = _row;
            int found = 0;
            while (count < _pairCountMax && (_isFinding || _row < input.Count))
            {
                bool isFirst = !_isFinding;
                int position = input.Position(isFirst ? _row++ : _row - 1);
                if ((isFirst ? TrySeek(position) : !(isMatchEnough && _isMatched[position])) && TryFindNext(out long rowId))
                {
                    _isFinding = true;
                    found++;
                    if (_isOneEnough)
                    {
                        _isMatched[position] = true;
                        _isFinding = false;
                        continue;
                    }
                    RowVectors.Write(_right, count, _rows.Row, _join.Right.Scan.ColumnNumbers.Count, rowId);
                    _positions[count++] = position;
                    continue;
                }
                _isFinding = false;
                if (isFirst && _fillsInPlace)
                {
                    RowVectors.WriteNulls(_right, count);
                    _positions[count++] = position;
                }
            }
            RowVectors.End(_right, count);
            if (count == _pairCountMax)
            {
                _pairCountMax = Math.Min(_pairCountMax * 4, DataChunk.Capacity);
            }
            _profile?.CountersOf(_join.Right).Add(_row - firstRow, found);
            return count;
        }

        [MethodImpl(HotLoop.Options)]
        private DataChunk? AnswerPairs(int count)
        {
            DataChunk input = _input!;
            int[]? selection = null;
            if (_filter is not null)
            {
                count = _filter.Select(_right, _selected);
                selection = _selected;
            }
            if (count == 0)
            {
                return null;
            }
            ReadOnlySpan<int> positions = _positions.AsSpan(0, _right.Count);
            for (int i = 0; i < _leftCount; i++)
            {
                _output.Vectors[i] = _ownVectors[i];
                VectorCopy.Gather(input.Vectors[_join.LeftOutputs[i]], positions, _ownVectors[i]);
            }
            for (int i = 0; i < _right.Vectors.Length; i++)
            {
                _output.Vectors[_leftCount + i] = _right.Vectors[i];
            }
            _output.Selection = selection;
            _output.Count = count;
            if (_condition is not null)
            {
                _output.Count = _condition.Select(_output, _selected);
                _output.Selection = _selected;
            }
            bool isSingle = _join.Kind == JoinKind.Single;
            for (int i = 0; i < _output.Count; i++)
            {
                ref bool isMatched = ref _isMatched[_positions[_output.Position(i)]];
                if (isMatched && isSingle)
                {
                    throw Error.MoreThanOneRow();
                }
                isMatched = true;
            }
            return _output.Count == 0 || _join.Kind is JoinKind.Semi or JoinKind.Anti ? null : _output;
        }

        // After all pairs: rows without partner, or each row once (semi, anti).
        private DataChunk? AnswerRest()
        {
            DataChunk input = _input!;
            if (_join.Kind == JoinKind.Inner || _fillsInPlace)
            {
                return null;
            }
            for (int i = 0; i < _leftCount; i++)
            {
                _final.Vectors[i] = input.Vectors[_join.LeftOutputs[i]];
            }
            for (int i = _leftCount; i < _final.Vectors.Length; i++)
            {
                _final.Vectors[i] = _ownVectors[i];
                _ownVectors[i].SetConstantNull();
            }
            bool wanted = _join.Kind == JoinKind.Semi;
            int count = 0;
            for (int i = 0; i < input.Count; i++)
            {
                int position = input.Position(i);
                _selected[count] = position;
                count += _isMatched[position] == wanted ? 1 : 0;
            }
            _final.Selection = _selected;
            _final.Count = count;
            return count == 0 ? null : _final;
        }
    }
}
