using PhantomDb.Vectors;

namespace PhantomDb.Execution;

/// <summary>
/// A run of operators without a stop: a source that hands out chunks, streaming operators, and a sink that takes them
/// all in (a hash table, a sort, a result). A plan is a list of pipelines in the order of their dependencies; a sink that
/// has finished is the source of a later one. Several workers may run one pipeline: what they share lies in the source
/// and the sink, what is their own in the workers these make.
/// </summary>
internal sealed record Pipeline(PipelineSource Source, IReadOnlyList<StreamingOperator> Operators, PipelineSink Sink);

/// <summary>Where a pipeline's rows come from. Workers take morsels from one shared cursor.</summary>
internal abstract class PipelineSource
{
    public abstract SourceWorker CreateWorker(ExecutionContext context);
}

/// <summary>One worker's reading of a source.</summary>
internal abstract class SourceWorker
{
    /// <summary>The next chunk, never empty, valid until the next call; null at the end.</summary>
    public abstract DataChunk? Next();

    /// <summary>Called once when no more is wanted, after an error too.</summary>
    public virtual void Release()
    {
    }
}

/// <summary>An operator that passes rows on as they come: filter, projection, the probe of a join, limit.</summary>
internal abstract class StreamingOperator
{
    public abstract OperatorWorker CreateWorker(ExecutionContext context);
}

/// <summary>One worker's part in a streaming operator.</summary>
internal abstract class OperatorWorker
{
    /// <summary>
    /// Takes a chunk in. Afterwards <see cref="Next"/> is called until it gives null. The operator may narrow the chunk's
    /// selection and pass the same object on.
    /// </summary>
    public abstract void Push(DataChunk input);

    /// <summary>The next chunk that the input gives, never empty; null when it wants more input.</summary>
    public abstract DataChunk? Next();

    /// <summary>
    /// Called once when the source has no more rows, before the operators above: what the operator still has to give (the
    /// build rows of a full join without partner) comes from <see cref="Next"/> afterwards. Of several workers only the
    /// last gives anything.
    /// </summary>
    public virtual void Finish()
    {
    }

    /// <summary>True when no further input can give rows (a limit is reached): the pipeline stops early.</summary>
    public virtual bool IsDone => false;
}

/// <summary>Where a pipeline ends.</summary>
internal abstract class PipelineSink
{
    public abstract SinkWorker CreateWorker(ExecutionContext context);

    /// <summary>Joins one worker's result to the whole. Called once for each worker, by one thread at a time.</summary>
    public abstract void Combine(SinkWorker worker, ExecutionContext context);

    /// <summary>Called once, after all workers have been combined.</summary>
    public abstract void Complete(ExecutionContext context);
}

/// <summary>One worker's part in a sink.</summary>
internal abstract class SinkWorker
{
    public abstract void Consume(DataChunk chunk);

    /// <summary>True when the sink needs no more rows.</summary>
    public virtual bool IsDone => false;
}
