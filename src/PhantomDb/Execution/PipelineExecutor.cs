using PhantomDb.Vectors;

namespace PhantomDb.Execution;

/// <summary>
/// Runs pipelines. The last pipeline of a query has no sink here: <see cref="ChunkStream"/> pulls its chunks one by one, so
/// that large results stream.
/// </summary>
internal static class PipelineExecutor
{
    /// <summary>Runs one pipeline to its end on the caller's thread.</summary>
    public static void Run(Pipeline pipeline, ExecutionContext context)
    {
        SinkWorker sink = pipeline.Sink.CreateWorker(context);
        ChunkStream stream = new(pipeline.Source, pipeline.Operators, context);
        try
        {
            while (!sink.IsDone && stream.Next() is { } chunk)
            {
                sink.Consume(chunk);
            }
        }
        finally
        {
            stream.Release();
        }
        pipeline.Sink.Combine(sink, context);
        pipeline.Sink.Complete(context);
    }
}

/// <summary>Pulls chunks through a source and streaming operators, depth first.</summary>
internal sealed class ChunkStream
{
    private readonly SourceWorker _source;
    private readonly OperatorWorker[] _operators;
    private readonly ExecutionContext _context;
    private int _active = -1;     // the last operator that may still have output for what it was given
    private int _finished = -1;   // the last operator that knows that its input has ended
    private bool _sourceEnded;

    public ChunkStream(PipelineSource source, IReadOnlyList<StreamingOperator> operators, ExecutionContext context)
    {
        _context = context;
        _source = source.CreateWorker(context);
        _operators = operators.Count == 0 ? [] : new OperatorWorker[operators.Count];
        for (int i = 0; i < _operators.Length; i++)
        {
            _operators[i] = operators[i].CreateWorker(context);
        }
    }

    /// <summary>The next chunk, never empty, valid until the next call; null at the end.</summary>
    public DataChunk? Next()
    {
        while (true)
        {
            SkipWhatIsDone();
            DataChunk? chunk;
            if (_active >= 0)
            {
                chunk = _operators[_active].Next();
                if (chunk is null)
                {
                    // Below an operator that has finished nothing more comes.
                    _active = _active <= _finished ? -1 : _active - 1;
                    continue;
                }
            }
            else if (!_sourceEnded)
            {
                _context.ThrowIfCancelled();
                chunk = _source.Next();
                if (chunk is null)
                {
                    _sourceEnded = true;
                    continue;
                }
            }
            else if (_finished < _operators.Length - 1)
            {
                _active = ++_finished;
                _operators[_finished].Finish();
                continue;
            }
            else
            {
                return null;
            }
            if (_active == _operators.Length - 1)
            {
                return chunk;
            }
            _operators[++_active].Push(chunk);
        }
    }

    /// <summary>To be called where the stream is not given to a reader who keeps its chunks: at the end, after an error too.</summary>
    public void Release() => _source.Release();

    // Where an operator above the one whose turn it is wants nothing more, all below it has ended; those above it go on.
    private void SkipWhatIsDone()
    {
        for (int i = _operators.Length - 1; i > Math.Max(_active, _finished); i--)
        {
            if (_operators[i].IsDone)
            {
                _sourceEnded = true;
                _finished = i;
                _active = -1;
                return;
            }
        }
    }
}
