using System.Diagnostics;
using System.Runtime.CompilerServices;
using PhantomDb.Errors;
using PhantomDb.Execution.Indexes;
using PhantomDb.Execution.Operators;
using PhantomDb.Execution.Physical;
using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution;

/// <summary>
/// Makes the operators of one execution from a physical plan: pipelines in the order in which they must run, and the
/// stream that gives the result.
/// </summary>
internal sealed class PipelineBuilder
{
    private readonly ExecutionContext _context;
    private readonly CteRows _ctes;
    private readonly ExecutionProfile? _profile;
    private readonly List<Pipeline> _pipelines = [];
    private Dictionary<PhysicalScan, List<ScanKeys>>? _scanKeys;

    private PhysicalOperator? _wantedWhole;   // all of its rows are the result's: nothing above it wants but some

    private PipelineBuilder(ExecutionContext context, CteRows ctes, ExecutionProfile? profile)
    {
        _context = context;
        _ctes = ctes;
        _profile = profile;
    }

    /// <summary>Runs all but the last pipeline of a plan, and gives the stream of the last.</summary>
    /// <param name="plan">The plan, or a part of one.</param>
    /// <param name="context">What the run shares.</param>
    /// <param name="ctes">The common table expressions around it.</param>
    /// <param name="profile">Where rows and times are counted, if they are.</param>
    /// <param name="isWhole">Where it locks rows, its stream will be read to the end.</param>
    public static ChunkStream Start(PhysicalOperator plan, ExecutionContext context, CteRows ctes, ExecutionProfile? profile, bool isWhole = false)
    {
        var builder = new PipelineBuilder(context, ctes, profile);
        if (isWhole)
        {
            builder._wantedWhole = plan is PhysicalProject project ? project.Input : plan;
        }
        Stream stream = builder.Build(plan);
        foreach (Pipeline pipeline in builder._pipelines)
        {
            PipelineExecutor.Run(pipeline, context);
        }
        return new ChunkStream(stream.Source, stream.Operators, context);
    }

    private Stream Build(PhysicalOperator plan)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw Error.TooDeep();
        }
        switch (plan)
        {
            case PhysicalValues values:
                return From(plan, new ValuesSource(values));
            case PhysicalTableFunction function:
                return From(plan, new TableFunctionSource(function));
            case PhysicalCteScan scan:
                return From(plan, new BufferSource(_ctes.Find(scan.CteId)));
            case PhysicalFilter filter:
                return Then(plan, filter.Input, new FilterOperator(filter.Predicate));
            case PhysicalProject project:
                return Then(plan, project.Input, new ProjectOperator(project.Expressions));
            case PhysicalLimit limit:
                return Then(plan, limit.Input, new LimitOperator(limit.Limit, limit.Offset, limit.Ties is null ? null : [.. limit.Ties.Select(k => k.Expression)]));
            case PhysicalDistinct distinct:
                return Then(plan, distinct.Input, new DistinctOperator(distinct.Keys));
            case PhysicalUnion union:
                return From(plan, new UnionSource([.. union.Inputs.Select(Build).Select(s => (s.Source, (IReadOnlyList<StreamingOperator>)s.Operators))]));
            case PhysicalSort sort:
            {
                var sink = new SortSink(TypesOf(sort.Input), sort.Keys, sort.Limit);
                End(plan, sort.Input, sink);
                return From(plan, new SortSource(sink));
            }
            case PhysicalWindow window:
            {
                var sink = new WindowSink(window);
                End(plan, window.Input, sink);
                return From(plan, new WindowSource(sink));
            }
            case PhysicalAggregate aggregate:
            {
                var sink = new AggregateSink(aggregate);
                End(plan, aggregate.Input, sink);
                return From(plan, new AggregateSource(sink));
            }
            case PhysicalSetOperation set:
            {
                var sink = new SetOperationSink(TypesOf(set.Right));
                End(plan, set.Right, sink);
                return Then(plan, set.Left, new SetOperationOperator(set.Kind, set.IsAll, sink, set.Columns.Count));
            }
            case PhysicalHashJoin join:
                return BuildHashJoin(join);
            case PhysicalIndexJoin join:
                return Then(plan, join.Left, new IndexJoin(join, ScanHashed, _profile));
            case PhysicalNestedLoopJoin join:
            {
                var sink = new BufferSink(TypesOf(join.Right));
                End(plan, join.Right, sink);
                return Then(plan, join.Left, new LoopJoin(
                    join.Kind, TypesOf(join.Left), TypesOf(join.Right), join.Condition, new KeptLoopJoinRight(sink), join.KeepsOrder));
            }
            case PhysicalDependentJoin join:
                return Then(plan, join.Left, new LoopJoin(
                    join.Kind, TypesOf(join.Left), TypesOf(join.Right), join.Condition, new DependentJoinRight(join, _ctes, _profile)));
            case PhysicalCte cte:
            {
                var sink = new BufferSink(TypesOf(cte.Definition));
                _ctes.Set(cte.CteId, () => sink.Rows);
                End(plan, cte.Definition, sink);
                return Build(cte.Body);
            }
            case PhysicalLockRows rows when _context.ReplayedRows is { } replayed && replayed.TryGetValue(rows.Tables[0].RowId.Id, out LockedRows? kept):
                return From(plan, new BufferSource(() => kept.Rows));
            case PhysicalLockRows rows:
                return From(plan, new LockRowsSource(rows, ReferenceEquals(rows, _wantedWhole), _ctes, _profile));
            case PhysicalScan { HasRowId: true } scan when _context.FixedRows is { } rows && rows.TryGetValue(scan.Columns[^1].Id, out FixedRow row):
                return From(plan, new FixedRowSource(scan, row));
            case PhysicalIndexScan { Scan: { HasRowId: true } scan } when _context.FixedRows is { } rows && rows.TryGetValue(scan.Columns[^1].Id, out FixedRow row):
                return From(plan, new FixedRowSource(scan, row));
            case PhysicalRecursiveCte recursive:
                return From(plan, new RecursiveCteSource(recursive, _ctes, _profile));
            case PhysicalScan scan:
                return From(plan, SourceOf(scan));
            case PhysicalIndexScan scan:
                return From(plan, SourceOf(scan));
            case PhysicalVirtualScan scan:
                return From(plan, new VirtualScanSource(scan));
            default:
                throw new UnreachableException(plan.GetType().Name);
        }
    }

    private ScanSource SourceOf(PhysicalScan scan) => new(scan, _scanKeys?.GetValueOrDefault(scan) ?? [], _context);

    // The table of a hash join that takes over from an index join.
    private static HashJoinBuild ScanHashed(PhysicalHashJoin join, ExecutionContext context)
    {
        var sink = new HashJoinBuild(join);
        PipelineExecutor.Run(new Pipeline(new ScanSource((PhysicalScan)join.Right, [], context), [], sink), context);
        return sink;
    }

    // The plan may be older than the rows, or made without the values: what is cheaper is decided now.
    private PipelineSource SourceOf(PhysicalIndexScan scan)
    {
        TableStore table = _context.Tables[scan.Scan.Table.Oid];
        if (scan.IsOrdered)
        {
            TableIndex index = table.FindIndex(scan.Index.Oid) ?? throw new UnreachableException($"index {scan.Index.Name} is gone");
            return new IndexScanSource(scan, IndexKeyRanges.Make(scan, index, _context.Evaluation)
                ?? throw new UnreachableException("a scan in the order of an index has one value for a column"));
        }
        if (IndexCost.IsCheaper(scan, table, _context.Evaluation, areValuesKnown: true, out _, out _, out List<KeyRange>? ranges))
        {
            return new IndexScanSource(scan, ranges!);
        }
        if (_profile is not null)
        {
            _profile.CountersOf(scan).Instead = "Seq Scan";
        }
        return SourceOf(scan.Scan);
    }

    // The side that is read first tells the scans of the other which keys there are.
    private Stream BuildHashJoin(PhysicalHashJoin join)
    {
        var sink = new HashJoinBuild(join);
        if (join.ReadsLeftFirst)
        {
            var kept = new BufferSink(TypesOf(join.Left));
            Stream left = Build(join.Left);
            _pipelines.Add(new Pipeline(left.Source, left.Operators, kept));
            AddScanKeys(join.RightKeys, join.Right, i => (join.LeftKeys[i] as PositionExpression)?.Index, () => kept.Rows);
            End(join, join.Right, sink);
            Stream stream = new(new BufferSource(() => kept.Rows), []);
            stream.Operators.Add(Watched(join, new HashJoinProbe(join, sink)));
            return stream;
        }
        End(join, join.Right, sink);
        if (join.Kind is JoinKind.Inner or JoinKind.Semi or JoinKind.Right)
        {
            AddScanKeys(join.LeftKeys, join.Left, i => i, () => sink.Table.Rows);   // the table's rows begin with its keys
        }
        return Then(join, join.Left, new HashJoinProbe(join, sink));
    }

    private void AddScanKeys(IReadOnlyList<Expression> keys, PhysicalOperator side, Func<int, int?> columnOf, Func<ColumnarBuffer> rows)
    {
        for (int i = 0; i < keys.Count; i++)
        {
            if (keys[i] is PositionExpression position && KeyFilter.Supports(position.Type.Physical) && columnOf(i) is { } column)
            {
                var source = new KeySource(rows, column);
                _scanKeys ??= new(ReferenceEqualityComparer.Instance);
                foreach ((PhysicalScan scan, int scanColumn) in KeyPaths.Find(side, position.Index))
                {
                    if (!_scanKeys.TryGetValue(scan, out List<ScanKeys>? known))
                    {
                        _scanKeys.Add(scan, known = []);
                    }
                    known.Add(new ScanKeys(source, scanColumn));
                }
            }
        }
    }

    private Stream From(PhysicalOperator plan, PipelineSource source) =>
        new(_profile is null ? source : _profile.Watch(plan, source), []);

    private Stream Then(PhysicalOperator plan, PhysicalOperator input, StreamingOperator @operator)
    {
        Stream stream = Build(input);
        stream.Operators.Add(Watched(plan, @operator));
        return stream;
    }

    private StreamingOperator Watched(PhysicalOperator plan, StreamingOperator @operator) =>
        _profile is null ? @operator : _profile.Watch(plan, @operator);

    private void End(PhysicalOperator plan, PhysicalOperator input, PipelineSink sink)
    {
        Stream stream = Build(input);
        if (stream.Source is ScanSource scan)
        {
            // These copy what they keep before they want more; joins and results may refer to a chunk's columns for longer.
            scan.HoldsBriefly = sink is AggregateSink or BufferSink && stream.Operators.TrueForAll(o => o is FilterOperator or ProjectOperator);
        }
        _pipelines.Add(new Pipeline(stream.Source, stream.Operators, _profile is null ? sink : _profile.Watch(plan, sink)));
    }

    private static PhysicalType[] TypesOf(PhysicalOperator plan) => [.. plan.Columns.Select(c => c.Type.Physical)];

    private sealed record Stream(PipelineSource Source, List<StreamingOperator> Operators);
}

/// <summary>Where common table expressions' rows are found in one execution. Nested executions see those around them.</summary>
internal sealed class CteRows(CteRows? outer = null)
{
    private Dictionary<int, Func<ColumnarBuffer>>? _rows;

    public void Set(int cteId, Func<ColumnarBuffer> rows) => (_rows ??= [])[cteId] = rows;

    public Func<ColumnarBuffer> Find(int cteId) =>
        _rows is not null && _rows.TryGetValue(cteId, out Func<ColumnarBuffer>? rows) ? rows : (outer ?? throw new UnreachableException()).Find(cteId);
}
