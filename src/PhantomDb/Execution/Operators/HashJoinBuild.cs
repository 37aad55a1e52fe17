using PhantomDb.Execution.Physical;
using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Operators;

/// <summary>
/// Takes in the right side of a hash join: keys first, then the columns that the join gives and that are not keys. Done,
/// it is the table that <see cref="HashJoinProbe"/> looks into.
/// </summary>
internal sealed class HashJoinBuild : PipelineSink
{
    private readonly PhysicalHashJoin _join;
    private readonly int[] _payload;           // columns of the input that are stored behind the keys
    private readonly PhysicalType[] _types;
    private ColumnarBuffer? _rows;
    private JoinHashTable? _table;

    public HashJoinBuild(PhysicalHashJoin join)
    {
        _join = join;
        List<int> payload = [];
        StoredOutputs = new int[join.RightOutputs.Count];
        for (int i = 0; i < StoredOutputs.Length; i++)
        {
            int key = IndexOfKey(join.RightOutputs[i]);
            if (key < 0)
            {
                key = join.RightKeys.Count + payload.Count;
                payload.Add(join.RightOutputs[i]);
            }
            StoredOutputs[i] = key;
        }
        _payload = [.. payload];
        _types = [.. join.RightKeys.Select(key => key.Type.Physical), .. payload.Select(column => join.Right.Columns[column].Type.Physical)];
    }

    /// <summary>For each right output of the join its column in the table's rows.</summary>
    public int[] StoredOutputs { get; }

    public JoinHashTable Table => _table!;

    /// <summary>Rows that have found a partner, for right and full joins; null for others.</summary>
    public bool[]? IsMatched { get; private set; }

    public override SinkWorker CreateWorker(ExecutionContext context) => new Worker(this, context);

    public override void Combine(SinkWorker worker, ExecutionContext context) =>
        _rows = ColumnarBuffer.Combine(_rows, ((Worker)worker).Rows);

    public override void Complete(ExecutionContext context)
    {
        _table = new JoinHashTable(_rows!, _join.RightKeys.Count, context.Memory);
        if (_join.Kind is JoinKind.Right or JoinKind.Full)
        {
            context.Memory.Charge(_rows!.Count);
            IsMatched = new bool[_rows.Count];
        }
    }

    private int IndexOfKey(int column)
    {
        for (int i = 0; i < _join.RightKeys.Count; i++)
        {
            if (_join.RightKeys[i] is PositionExpression position && position.Index == column)
            {
                return i;
            }
        }
        return -1;
    }

    private sealed class Worker : SinkWorker
    {
        private readonly ExpressionEvaluator[] _keys;
        private readonly int[] _payload;
        private readonly Vector[] _columns;

        public Worker(HashJoinBuild build, ExecutionContext context)
        {
            _keys = [.. build._join.RightKeys.Select(key => new ExpressionEvaluator(key, context.Evaluation))];
            _payload = build._payload;
            _columns = new Vector[build._types.Length];
            Rows = new ColumnarBuffer(build._types, context.Memory);
        }

        public ColumnarBuffer Rows { get; }

        public override void Consume(DataChunk chunk)
        {
            for (int i = 0; i < _keys.Length; i++)
            {
                _columns[i] = _keys[i].Evaluate(chunk);
            }
            for (int i = 0; i < _payload.Length; i++)
            {
                _columns[_keys.Length + i] = chunk.Vectors[_payload[i]];
            }
            Rows.Append(_columns, chunk.Selection, chunk.Count);
        }
    }
}
