using System.Runtime.CompilerServices;
using PhantomDb.Errors;
using PhantomDb.Execution.Physical;
using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Operators;

/// <summary>
/// Looks up the left side's rows in the table of a <see cref="HashJoinBuild"/>. Where no key stands twice in the table, a
/// left row has at most one partner: left columns are passed on as they are, and the right ones put beside them.
/// Otherwise pairs are written out, a chunk at a time.
/// </summary>
internal sealed class HashJoinProbe(PhysicalHashJoin join, HashJoinBuild build) : StreamingOperator
{
    public override OperatorWorker CreateWorker(ExecutionContext context) => new Worker(join, build, context);

    private sealed class Worker : OperatorWorker
    {
        private const int PairGrowth = 4;

        private readonly PhysicalHashJoin _join;
        private readonly HashJoinBuild _build;
        private readonly JoinHashTable _table;
        private readonly ExecutionContext _context;
        private readonly ExpressionEvaluator[] _keyEvaluators;
        private readonly Vector[] _keys;
        private readonly PredicateEvaluator? _residual;
        private readonly ExpressionEvaluator? _residualValue;   // of mark joins, where unknown is not false
        private readonly JoinHashTable.Scratch _scratch = new();
        private int[] _heads = [];
        private int[] _selection = [];
        private int[] _pairPositions = [];
        private int[] _pairRows = [];
        private int[] _selected = [];
        private bool[] _isMatched = [];   // by position in the input
        private bool[] _isUnknown = [];   // by position in the input
        private readonly DataChunk _output;        // right columns are its own vectors, left ones the input's
        private readonly Vector[] _ownVectors;     // the output's vectors for when left columns are gathered or NULL
        private readonly DataChunk _final;         // of semi, anti and mark joins: the left columns, and the mark
        private readonly int _leftCount;
        private readonly bool _hasPairs;           // the kind gives right columns, or a residual condition reads them
        private MarkResolver? _markResolver;

        private DataChunk? _input;
        private State _state = State.Idle;
        private int _row;            // next row of the input to make pairs of
        private int _chain;          // its next partner; -1: not looked up yet
        private int _finishedRow;    // next row of the table to look at in Finish

        public Worker(PhysicalHashJoin join, HashJoinBuild build, ExecutionContext context)
        {
            _join = join;
            _build = build;
            _table = build.Table;
            _context = context;
            _keyEvaluators = [.. join.LeftKeys.Select(key => new ExpressionEvaluator(key, context.Evaluation))];
            _keys = new Vector[_keyEvaluators.Length];
            _leftCount = join.LeftOutputs.Count;
            PhysicalType[] types =
            [
                .. join.LeftOutputs.Select(i => join.Left.Columns[i].Type.Physical),
                .. join.RightOutputs.Select(i => join.Right.Columns[i].Type.Physical),
            ];
            _output = new DataChunk(types, context.Memory);
            _ownVectors = [.. _output.Vectors];
            _final = join.Kind switch
            {
                JoinKind.Semi or JoinKind.Anti => new DataChunk(types[.._leftCount], context.Memory),
                JoinKind.Mark => new DataChunk([.. types[.._leftCount], PhysicalType.Boolean], context.Memory),
                _ => _output,
            };
            if (join.Kind == JoinKind.Mark)
            {
                _residualValue = join.Residual is null ? null : new ExpressionEvaluator(join.Residual, context.Evaluation);
            }
            else
            {
                _residual = join.Residual is null ? null : new PredicateEvaluator(join.Residual, context.Evaluation);
            }
            _hasPairs = join.Residual is not null || join.Kind is not (JoinKind.Semi or JoinKind.Anti or JoinKind.Mark);
        }

        private enum State
        {
            Idle,
            Whole,       // the input is to be answered in one chunk
            Pairs,       // pairs of the input are being made
            Rest,        // rows without partner, or the answer for all, come last
            Unmatched,   // Finish: rows of the table without partner
        }

        public override bool IsDone =>
            _table.Rows.Count == 0 && _join.Kind is JoinKind.Inner or JoinKind.Semi or JoinKind.Right;

        [MethodImpl(HotLoop.Options)]
        public override void Push(DataChunk input)
        {
            _input = input;
            DataChunk.EnsureRoom(ref _heads!, input.Count);
            DataChunk.EnsureRoom(ref _selection!, input.Count);
            DataChunk.EnsureRoom(ref _isMatched!, input.End);
            DataChunk.EnsureRoom(ref _isUnknown!, input.End);
            EnsurePairRoom(input.Count);
            for (int i = 0; i < _keys.Length; i++)
            {
                _keys[i] = _keyEvaluators[i].Evaluate(input);
            }
            _table.Find(_keys, input.Selection, input.Count, _scratch, _heads);
            if (!_hasPairs)
            {
                for (int i = 0; i < input.Count; i++)
                {
                    _isMatched[input.Position(i)] = _heads[i] >= 0;
                }
                _state = State.Rest;
            }
            else if (!_table.HasDuplicates && _join.Kind is not (JoinKind.Semi or JoinKind.Anti or JoinKind.Mark))
            {
                _state = State.Whole;
            }
            else
            {
                for (int i = 0; i < input.Count; i++)
                {
                    _isMatched[input.Position(i)] = false;
                    _isUnknown[input.Position(i)] = false;
                }
                _row = 0;
                _chain = -1;
                _state = State.Pairs;
            }
        }

        public override DataChunk? Next()
        {
            while (true)
            {
                switch (_state)
                {
                    case State.Idle:
                        return null;
                    case State.Whole:
                        _state = State.Idle;
                        return AnswerWhole();
                    case State.Pairs:
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
            if (_build.IsMatched is not null)
            {
                EnsurePairRoom(Math.Min(DataChunk.Capacity, _build.IsMatched.Length));
                _finishedRow = 0;
                _state = State.Unmatched;
            }
        }

        // At most one partner a row, and right columns wanted.
        [MethodImpl(HotLoop.Options)]
        private DataChunk? AnswerWhole()
        {
            DataChunk input = _input!;
            bool keepsAll = _join.Kind is JoinKind.Left or JoinKind.Full or JoinKind.Single;
            ShareLeft();
            int candidates = 0;
            for (int i = 0; i < input.Count; i++)
            {
                _selection[candidates] = input.Position(i);
                _pairRows[candidates] = _heads[i];
                candidates += _heads[i] >= 0 ? 1 : 0;
            }
            if (!keepsAll && candidates == 0)
            {
                return null;
            }
            bool isDense = candidates == input.Count && input.Selection is null;
            if (keepsAll)
            {
                GatherRight(_heads.AsSpan(0, input.Count), input.Selection);
            }
            else
            {
                GatherRight(_pairRows.AsSpan(0, candidates), isDense ? null : _selection);
            }
            _output.Selection = isDense ? null : _selection;
            _output.Count = candidates;
            if (_residual is not null)
            {
                candidates = ApplyResidual(candidates);
            }
            if (_build.IsMatched is { } isMatched)
            {
                MarkBuildRows(isMatched);
            }
            if (keepsAll)
            {
                if (_residual is not null)
                {
                    SetNullsWhereUnmatched(candidates);
                }
                _output.Selection = input.Selection;
                _output.Count = input.Count;
            }
            return _output.Count == 0 ? null : _output;
        }

        private int ApplyResidual(int candidates)
        {
            if (candidates == 0)
            {
                return 0;
            }
            int count = _residual!.Select(_output, DataChunk.EnsureRoom(ref _selected!, candidates));
            _output.Selection = _selected;
            _output.Count = count;
            return count;
        }

        [MethodImpl(HotLoop.Options)]
        private void MarkBuildRows(bool[] isMatched)
        {
            // The selected positions are among the input's, in the same order.
            DataChunk input = _input!;
            int row = 0;
            for (int i = 0; i < _output.Count; i++)
            {
                int position = _output.Position(i);
                while (input.Position(row) != position)
                {
                    row++;
                }
                isMatched[_heads[row]] = true;
            }
        }

        [MethodImpl(HotLoop.Options)]
        private void SetNullsWhereUnmatched(int matchedCount)
        {
            DataChunk input = _input!;
            int matched = 0;
            for (int i = 0; i < input.Count; i++)
            {
                int position = input.Position(i);
                if (matched < matchedCount && _output.Position(matched) == position)
                {
                    matched++;
                    continue;
                }
                for (int column = _leftCount; column < _output.Vectors.Length; column++)
                {
                    _output.Vectors[column].SetNull(position);
                }
            }
        }

        private void EnsurePairRoom(int count)
        {
            DataChunk.EnsureRoom(ref _pairPositions!, count);
            DataChunk.EnsureRoom(ref _pairRows!, count);
        }

        // Pairs of left position and table row, as many as fit.
        [MethodImpl(HotLoop.Options)]
        private int MakePairs()
        {
            DataChunk input = _input!;
            if (_chain >= 0)
            {
                EnsurePairRoom(Math.Min(DataChunk.Capacity, _pairRows.Length * PairGrowth));   // the room was too small before
            }
            (int[] pairPositions, int[] pairRows) = (_pairPositions, _pairRows);
            bool needsComparison = _table.NeedsComparison;
            bool oneIsEnough = _join.Kind is JoinKind.Semi or JoinKind.Anti or JoinKind.Mark;
            int count = 0;
            while (_row < input.Count)
            {
                int position = input.Position(_row);
                int partner = _chain >= 0 ? _chain : _heads[_row];
                if (oneIsEnough && _isMatched[position])
                {
                    partner = -1;
                }
                while (partner >= 0 && count < pairRows.Length)
                {
                    pairPositions[count] = position;
                    pairRows[count++] = partner;
                    partner = _table.Next(partner);
                    if (needsComparison && partner >= 0)
                    {
                        partner = _table.SkipUnequal(partner, _keys, position);
                    }
                }
                if (partner >= 0)
                {
                    _chain = partner;
                    return count;
                }
                _chain = -1;
                _row++;
            }
            return count;
        }

        [MethodImpl(HotLoop.Options)]
        private DataChunk? AnswerPairs(int count)
        {
            DataChunk input = _input!;
            ReadOnlySpan<int> positions = _pairPositions.AsSpan(0, count);
            for (int i = 0; i < _leftCount; i++)
            {
                _output.Vectors[i] = _ownVectors[i];
                VectorCopy.Gather(input.Vectors[_join.LeftOutputs[i]], positions, _ownVectors[i]);
            }
            GatherRight(_pairRows.AsSpan(0, count), null);
            _output.Selection = null;
            _output.Count = count;
            if (_residualValue is not null)
            {
                ApplyMarkResidual(count);
                return null;
            }
            if (_residual is not null)
            {
                ApplyResidual(count);
            }
            bool isSingle = _join.Kind == JoinKind.Single;
            for (int i = 0; i < _output.Count; i++)
            {
                int pair = _output.Position(i);
                ref bool isMatched = ref _isMatched[_pairPositions[pair]];
                if (isMatched && isSingle)
                {
                    throw Error.MoreThanOneRow();
                }
                isMatched = true;
                if (_build.IsMatched is { } buildMatched)
                {
                    buildMatched[_pairRows[pair]] = true;
                }
            }
            return _output.Count == 0 || _join.Kind is JoinKind.Semi or JoinKind.Anti ? null : _output;
        }

        [MethodImpl(HotLoop.Options)]
        private void ApplyMarkResidual(int count)
        {
            Vector value = _residualValue!.Evaluate(_output);
            ReadOnlySpan<bool> values = value.Values<bool>();
            for (int i = 0; i < count; i++)
            {
                int position = _pairPositions[i];
                if (!value.IsValid(i))
                {
                    _isUnknown[position] = true;
                }
                else if (values[value.PositionOf(i)])
                {
                    _isMatched[position] = true;
                }
            }
        }

        // After all pairs: rows without partner (left, full, single), or each row once (semi, anti, mark).
        [MethodImpl(HotLoop.Options)]
        private DataChunk? AnswerRest()
        {
            DataChunk input = _input!;
            switch (_join.Kind)
            {
                case JoinKind.Inner or JoinKind.Right:
                    return null;
                case JoinKind.Semi:
                    ShareLeft();
                    return SelectLeft(matched: true);
                case JoinKind.Anti:
                    ShareLeft();
                    return SelectLeft(matched: false);
                case JoinKind.Mark:
                    ShareLeft();
                    WriteMark(_final.Vectors[^1]);
                    _final.Selection = input.Selection;
                    _final.Count = input.Count;
                    return _final;
                default:
                    ShareLeft();
                    for (int i = _leftCount; i < _output.Vectors.Length; i++)
                    {
                        _output.Vectors[i].SetConstantNull();
                    }
                    return SelectLeft(matched: false);
            }
        }

        [MethodImpl(HotLoop.Options)]
        private DataChunk? SelectLeft(bool matched)
        {
            DataChunk input = _input!;
            int count = 0;
            for (int i = 0; i < input.Count; i++)
            {
                int position = input.Position(i);
                _selection[count] = position;
                count += _isMatched[position] == matched ? 1 : 0;
            }
            _final.Selection = _selection;
            _final.Count = count;
            return count == 0 ? null : _final;
        }

        [MethodImpl(HotLoop.Options)]
        private void WriteMark(Vector mark)
        {
            DataChunk input = _input!;
            Span<bool> marks = mark.Write<bool>();
            bool singleKey = _keys.Length == 1 && _join.Residual is null;
            for (int i = 0; i < input.Count; i++)
            {
                int position = input.Position(i);
                marks[position] = _isMatched[position];
                if (_isMatched[position] || _table.Rows.Count == 0)
                {
                    continue;
                }
                bool isUnknown = _isUnknown[position];
                bool hasNullKey = HasNullKey(position);
                if (!isUnknown && (hasNullKey || _table.HasNullKeys))
                {
                    isUnknown = singleKey || (_markResolver ??= new MarkResolver(_join, _build, _context)).IsUnknown(input, _keys, position, hasNullKey);
                }
                if (isUnknown)
                {
                    mark.SetNull(position);
                }
            }
        }

        [MethodImpl(HotLoop.Options)]
        private bool HasNullKey(int position)
        {
            foreach (Vector key in _keys)
            {
                if (!key.IsValid(position))
                {
                    return true;
                }
            }
            return false;
        }

        [MethodImpl(HotLoop.Options)]
        private DataChunk? NextUnmatched()
        {
            bool[] isMatched = _build.IsMatched!;
            int count = 0;
            while (_finishedRow < isMatched.Length && count < _pairRows.Length)
            {
                _pairRows[count] = _finishedRow;
                count += isMatched[_finishedRow++] ? 0 : 1;
            }
            if (count == 0)
            {
                _state = State.Idle;
                return null;
            }
            for (int i = 0; i < _leftCount; i++)
            {
                _output.Vectors[i] = _ownVectors[i];
                _ownVectors[i].SetConstantNull();
            }
            GatherRight(_pairRows.AsSpan(0, count), null);
            _output.Selection = null;
            _output.Count = count;
            return _output;
        }

        [MethodImpl(HotLoop.Options)]
        private void ShareLeft()
        {
            DataChunk input = _input!;
            for (int i = 0; i < _leftCount; i++)
            {
                _final.Vectors[i] = input.Vectors[_join.LeftOutputs[i]];
            }
        }

        [MethodImpl(HotLoop.Options)]
        private void GatherRight(ReadOnlySpan<int> rows, int[]? targets)
        {
            for (int i = 0; i < _build.StoredOutputs.Length; i++)
            {
                _table.Rows.Gather(_build.StoredOutputs[i], rows, targets, _output.Vectors[_leftCount + i]);
            }
        }
    }
}
