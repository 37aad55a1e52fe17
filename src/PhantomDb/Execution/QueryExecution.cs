using PhantomDb.Execution.Physical;
using PhantomDb.Vectors;

namespace PhantomDb.Execution;

/// <summary>
/// One run of a plan. Nothing happens before the first <see cref="Next"/>; then the result comes chunk by chunk, and may be
/// left before its end. The statement's memory account is the caller's to release.
/// </summary>
internal sealed class QueryExecution(PhysicalPlan plan, ExecutionContext context, ExecutionProfile? profile = null)
{
    private ChunkStream? _stream;

    /// <summary>The next chunk, never empty, valid until the next call; null at the end. Its first columns are the plan's.</summary>
    public DataChunk? Next()
    {
        _stream ??= PipelineBuilder.Start(plan.Root, context.WithSlots(plan.ParameterCount, plan.SlotCount), new CteRows(context.Ctes), profile, isWhole: true);
        return _stream.Next();
    }
}
