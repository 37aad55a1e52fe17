using System.Runtime.CompilerServices;
using PhantomDb.Execution.Physical;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Operators;

/// <summary>
/// GROUP BY: numbers the groups of each grouping set and keeps the aggregates' states by number; read by
/// <see cref="AggregateSource"/>. Without group columns there is one group, even of no rows.
/// </summary>
internal sealed class AggregateSink : PipelineSink
{
    private readonly PhysicalAggregate _aggregate;
    private readonly PhysicalType[] _groupTypes;
    private readonly AggregateArgumentPlan _arguments;
    private Worker? _result;

    public AggregateSink(PhysicalAggregate aggregate)
    {
        _aggregate = aggregate;
        _groupTypes = [.. aggregate.Groups.Select(g => g.Type.Physical)];
        _arguments = new AggregateArgumentPlan(aggregate.Aggregates);
    }

    public PhysicalAggregate Aggregate => _aggregate;

    /// <summary>One for each grouping set, once the pipeline has run.</summary>
    public IReadOnlyList<GroupingSet> Sets => _result!.Sets;

    public override SinkWorker CreateWorker(ExecutionContext context) => new Worker(this, context);

    public override void Combine(SinkWorker worker, ExecutionContext context)
    {
        if (_result is null)
        {
            _result = (Worker)worker;
            return;
        }
        for (int i = 0; i < _result.Sets.Length; i++)
        {
            _result.Sets[i].Combine(((Worker)worker).Sets[i]);
        }
    }

    public override void Complete(ExecutionContext context)
    {
        foreach (GroupingSet set in Sets)
        {
            set.Complete(context);
        }
    }

    private sealed class Worker : SinkWorker
    {
        private readonly ExpressionEvaluator[] _groupEvaluators;
        private readonly Vector[] _groups;
        private readonly AggregateArguments _arguments;

        public Worker(AggregateSink sink, ExecutionContext context)
        {
            PhysicalAggregate aggregate = sink._aggregate;
            _groupEvaluators = [.. aggregate.Groups.Select(g => new ExpressionEvaluator(g, context.Evaluation))];
            _groups = new Vector[_groupEvaluators.Length];
            _arguments = new AggregateArguments(sink._arguments, context);
            IReadOnlyList<IReadOnlyList<int>> sets = aggregate.GroupingSets ?? [[.. Enumerable.Range(0, _groups.Length)]];
            Sets = [.. sets.Select(set => new GroupingSet(set, sink._groupTypes, aggregate.Aggregates, context))];
        }

        public GroupingSet[] Sets { get; }

        public override void Consume(DataChunk chunk)
        {
            for (int i = 0; i < _groups.Length; i++)
            {
                _groups[i] = _groupEvaluators[i].Evaluate(chunk);
            }
            _arguments.Evaluate(chunk);
            foreach (GroupingSet set in Sets)
            {
                set.Update(chunk, _groups, _arguments);
            }
        }
    }
}

/// <summary>Groups and states of one grouping set.</summary>
internal sealed class GroupingSet
{
    // A few groups of many rows each: a chunk is split by group once, and each aggregate then runs without looking at groups.
    private const int SplitMax = 16;
    private const int SplitRowsMin = 32;

    private GroupSplit? _split;
    private readonly GroupTable? _table;    // null: one group of all rows
    private readonly Vector[] _keys;
    private int[]? _numbers;
    private readonly GroupedAggregate[] _aggregates;

    public GroupingSet(
        IReadOnlyList<int> columns, PhysicalType[] groupTypes, IReadOnlyList<PhysicalAggregateCall> calls, ExecutionContext context)
    {
        Columns = columns;
        _keys = new Vector[columns.Count];
        if (columns.Count > 0)
        {
            _table = new GroupTable([.. columns.Select(c => groupTypes[c])], context.Memory);
        }
        _aggregates = [.. calls.Select(call => new GroupedAggregate(call, context))];
        if (_table is null)
        {
            EnsureGroups(1);
        }
    }

    /// <summary>Places of the group columns that belong to this set.</summary>
    public IReadOnlyList<int> Columns { get; }

    public int GroupCount => _table?.Count ?? 1;

    public ColumnarBuffer? Keys => _table?.Keys;

    public void Update(DataChunk chunk, Vector[] groupColumns, AggregateArguments arguments)
    {
        int[]? numbers = null;
        if (_table is not null)
        {
            for (int i = 0; i < _keys.Length; i++)
            {
                _keys[i] = groupColumns[Columns[i]];
            }
            numbers = DataChunk.EnsureRoom(ref _numbers, chunk.End);
            _table.FindOrAdd(_keys, chunk.Selection, chunk.Count, numbers);
            if (_table.NewCount > 0)
            {
                EnsureGroups(_table.Count);
            }
        }
        bool areSplit = numbers is not null && GroupCount <= SplitMax && chunk.Count >= GroupCount * SplitRowsMin;
        if (areSplit)
        {
            _split ??= new GroupSplit(SplitMax);
            _split.Split(numbers!, chunk.Selection, chunk.Count, GroupCount);
        }
        for (int i = 0; i < _aggregates.Length; i++)
        {
            if (!areSplit || arguments.HasFilter(i) || !_aggregates[i].TakesGroups)
            {
                _aggregates[i].Update(arguments.Of(i), numbers);
                continue;
            }
            Vector[] vectors = arguments.Of(i).Vectors;
            for (int group = 0; group < GroupCount; group++)
            {
                ReadOnlySpan<int> positions = _split!.PositionsOf(group);
                if (positions.Length > 0)
                {
                    _aggregates[i].UpdateGroup(vectors, positions, group);
                }
            }
        }
    }

    public void Combine(GroupingSet other)
    {
        int[] map = [0];
        if (_table is not null)
        {
            map = new int[other.GroupCount];
            DataChunk chunk = new(other.Keys!.Types);
            for (int block = 0; block < other.Keys.BlockCount; block++)
            {
                other.Keys.Read(block, chunk);
                int[] numbers = DataChunk.EnsureRoom(ref _numbers, chunk.Count);
                _table.FindOrAdd(chunk.Vectors, null, chunk.Count, numbers);
                numbers.AsSpan(0, chunk.Count).CopyTo(map.AsSpan(block * DataChunk.Capacity));
            }
            EnsureGroups(_table.Count);
        }
        for (int i = 0; i < _aggregates.Length; i++)
        {
            _aggregates[i].Combine(other._aggregates[i], map);
        }
    }

    public void Complete(ExecutionContext context)
    {
        foreach (GroupedAggregate aggregate in _aggregates)
        {
            aggregate.Complete(context);
        }
    }

    /// <summary>Results of one aggregate for groups from <paramref name="first"/> on, to positions from 0 on.</summary>
    public void Emit(int aggregate, int first, int count, Vector result)
    {
        result.LimitRoom(count);
        _aggregates[aggregate].Emit(first, count, result);
    }

    private void EnsureGroups(int count)
    {
        foreach (GroupedAggregate aggregate in _aggregates)
        {
            aggregate.EnsureGroups(count);
        }
    }
}

/// <summary>A chunk's positions, those of each group together, in the order in which they came.</summary>
internal sealed class GroupSplit(int groupsMax)
{
    private int[]? _positions;
    private readonly int[] _ends = new int[groupsMax];
    private readonly int[] _starts = new int[groupsMax];

    public ReadOnlySpan<int> PositionsOf(int group) => _positions!.AsSpan(_starts[group], _ends[group] - _starts[group]);

    [MethodImpl(HotLoop.Options)]
    public void Split(int[] groups, int[]? selection, int count, int groupCount)
    {
        Span<int> ends = _ends.AsSpan(0, groupCount);
        ends.Clear();
        for (int k = 0; k < count; k++)
        {
            ends[groups[selection is null ? k : selection[k]]]++;
        }
        int start = 0;
        for (int group = 0; group < groupCount; group++)
        {
            _starts[group] = start;
            start += ends[group];
            ends[group] = _starts[group];
        }
        int[] positions = DataChunk.EnsureRoom(ref _positions, count);
        for (int k = 0; k < count; k++)
        {
            int position = selection is null ? k : selection[k];
            positions[ends[groups[position]]++] = position;
        }
    }
}

/// <summary>Gives the groups of an <see cref="AggregateSink"/>, set by set; columns outside a set are NULL.</summary>
internal sealed class AggregateSource(AggregateSink sink) : PipelineSource
{
    public override SourceWorker CreateWorker(ExecutionContext context) => new Worker(sink, context);

    private sealed class Worker(AggregateSink sink, ExecutionContext context) : SourceWorker
    {
        private readonly DataChunk _chunk = new([.. sink.Aggregate.Columns.Select(c => c.Type.Physical)], context.Memory);
        private int _set;
        private int _block;

        public override DataChunk? Next()
        {
            while (_set < sink.Sets.Count && _block * DataChunk.Capacity >= sink.Sets[_set].GroupCount)
            {
                _set++;
                _block = 0;
            }
            if (_set == sink.Sets.Count)
            {
                return null;
            }
            GroupingSet set = sink.Sets[_set];
            int first = _block * DataChunk.Capacity;
            int count = Math.Min(DataChunk.Capacity, set.GroupCount - first);
            int groupColumns = sink.Aggregate.Groups.Count;
            if (set.Columns.Count < groupColumns)
            {
                for (int i = 0; i < groupColumns; i++)
                {
                    _chunk.Vectors[i].SetConstantNull();
                }
            }
            for (int i = 0; i < set.Columns.Count; i++)
            {
                set.Keys!.Column(i).Reference(_block, _chunk.Vectors[set.Columns[i]]);
            }
            for (int i = 0; i < sink.Aggregate.Aggregates.Count; i++)
            {
                set.Emit(i, first, count, _chunk.Vectors[groupColumns + i]);
            }
            if (sink.Aggregate.HasSetNumber)
            {
                _chunk.Vectors[^1].WriteConstant<int>()[0] = _set;
            }
            _block++;
            _chunk.Selection = null;
            _chunk.Count = count;
            return _chunk;
        }
    }
}
