using PhantomDb.Execution.Physical;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Operators;

/// <summary>
/// The right side of a dependent join: a plan that is run again for each left row. The slow way, for what the optimizer
/// could not turn into a join of independent sides.
/// </summary>
internal sealed class DependentJoinRight(PhysicalDependentJoin join, CteRows ctes, ExecutionProfile? profile) : ILoopJoinRight
{
    public LoopJoinRows CreateRows(ExecutionContext context) => new Rows(join, ctes, profile, context);

    private sealed class Rows(PhysicalDependentJoin join, CteRows ctes, ExecutionProfile? profile, ExecutionContext context) : LoopJoinRows
    {
        private readonly ExecutionContext _nested = context.CreateNested();
        private ChunkStream? _stream;

        public override void Start(ReadOnlySpan<Vector> leftRow)
        {
            foreach (OuterColumn column in join.OuterColumns)
            {
                context.Evaluation.Parameters[column.Slot] = leftRow[column.Position];
            }
            _stream = null;
            _nested.Memory.ReleaseAll();
        }

        public override DataChunk? Next()
        {
            _stream ??= PipelineBuilder.Start(join.Right, _nested, new CteRows(ctes), profile);
            return _stream.Next();
        }
    }
}
