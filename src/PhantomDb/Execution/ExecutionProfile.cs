using System.Diagnostics;
using PhantomDb.Execution.Physical;
using PhantomDb.Vectors;

namespace PhantomDb.Execution;

/// <summary>Counts rows and time of each operator for EXPLAIN ANALYZE, by wrapping what a pipeline is made of.</summary>
internal sealed class ExecutionProfile
{
    private readonly Dictionary<PhysicalOperator, OperatorCounters> _counters = new(ReferenceEqualityComparer.Instance);

    /// <summary>Null where the operator has not been run.</summary>
    public OperatorCounters? Find(PhysicalOperator plan) => _counters.GetValueOrDefault(plan);

    public PipelineSource Watch(PhysicalOperator plan, PipelineSource source) => new WatchedSource(source, CountersOf(plan));

    public StreamingOperator Watch(PhysicalOperator plan, StreamingOperator @operator) => new WatchedOperator(@operator, CountersOf(plan));

    public PipelineSink Watch(PhysicalOperator plan, PipelineSink sink) => new WatchedSink(sink, CountersOf(plan));

    /// <summary>The counters of an operator that has no place of its own in a pipeline, or that is carried out in another way.</summary>
    public OperatorCounters CountersOf(PhysicalOperator plan)
    {
        if (!_counters.TryGetValue(plan, out OperatorCounters? counters))
        {
            _counters.Add(plan, counters = new OperatorCounters());
        }
        return counters;
    }

    private sealed class WatchedSource(PipelineSource source, OperatorCounters counters) : PipelineSource
    {
        public override SourceWorker CreateWorker(ExecutionContext context)
        {
            counters.Loops++;
            return new Worker(source.CreateWorker(context), counters);
        }

        private sealed class Worker(SourceWorker worker, OperatorCounters counters) : SourceWorker
        {
            public override DataChunk? Next()
            {
                long start = Stopwatch.GetTimestamp();
                DataChunk? chunk = worker.Next();
                counters.Add(start, chunk);
                return chunk;
            }
        }
    }

    private sealed class WatchedOperator(StreamingOperator @operator, OperatorCounters counters) : StreamingOperator
    {
        public override OperatorWorker CreateWorker(ExecutionContext context)
        {
            counters.Loops++;
            return new Worker(@operator.CreateWorker(context), counters);
        }

        private sealed class Worker(OperatorWorker worker, OperatorCounters counters) : OperatorWorker
        {
            public override bool IsDone => worker.IsDone;

            public override void Push(DataChunk input)
            {
                long start = Stopwatch.GetTimestamp();
                worker.Push(input);
                counters.Add(start, null);
            }

            public override DataChunk? Next()
            {
                long start = Stopwatch.GetTimestamp();
                DataChunk? chunk = worker.Next();
                counters.Add(start, chunk);
                return chunk;
            }

            public override void Finish() => worker.Finish();
        }
    }

    private sealed class WatchedSink(PipelineSink sink, OperatorCounters counters) : PipelineSink
    {
        public override SinkWorker CreateWorker(ExecutionContext context) => new Worker(sink.CreateWorker(context), counters);

        public override void Combine(SinkWorker worker, ExecutionContext context)
        {
            long start = Stopwatch.GetTimestamp();
            sink.Combine(((Worker)worker).Inner, context);
            counters.Add(start, null);
        }

        public override void Complete(ExecutionContext context)
        {
            long start = Stopwatch.GetTimestamp();
            sink.Complete(context);
            counters.Add(start, null);
        }

        private sealed class Worker(SinkWorker worker, OperatorCounters counters) : SinkWorker
        {
            public SinkWorker Inner => worker;

            public override bool IsDone => worker.IsDone;

            public override void Consume(DataChunk chunk)
            {
                long start = Stopwatch.GetTimestamp();
                worker.Consume(chunk);
                counters.Add(start, null);
            }
        }
    }
}

/// <summary>What one operator has done: rows given, time of its own (its inputs' not included), times begun.</summary>
internal sealed class OperatorCounters
{
    private long _ticks;

    public long Rows { get; private set; }

    public long Loops { get; set; }

    /// <summary>What has been done in its place; null where it was done as planned.</summary>
    public string? Instead { get; set; }

    public double Milliseconds => _ticks * 1000.0 / Stopwatch.Frequency;

    public void Add(long start, DataChunk? output)
    {
        _ticks += Stopwatch.GetTimestamp() - start;
        Rows += output?.Count ?? 0;
    }

    /// <summary>Counts lookups within another operator, whose time theirs is.</summary>
    public void Add(long loops, long rows)
    {
        Loops += loops;
        Rows += rows;
    }
}
