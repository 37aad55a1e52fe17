using PhantomDb.Execution.Physical;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Operators;

/// <summary>
/// WITH RECURSIVE: gives the initial query's rows, then runs the recursive one over the rows of the step before, until a
/// step gives none. Rows are given as they come, so that a LIMIT above ends an endless recursion. Without ALL, rows that
/// have come before are dropped.
/// </summary>
internal sealed class RecursiveCteSource(PhysicalRecursiveCte recursive, CteRows ctes, ExecutionProfile? profile) : PipelineSource
{
    public override SourceWorker CreateWorker(ExecutionContext context) => new Worker(recursive, ctes, profile, context);

    private sealed class Worker : SourceWorker
    {
        private readonly PhysicalRecursiveCte _recursive;
        private readonly CteRows _ctes;
        private readonly ExecutionProfile? _profile;
        private readonly ExecutionContext _context;
        private readonly ExecutionContext _nested;
        private readonly PhysicalType[] _types;
        private readonly GroupTable? _seen;
        private int[]? _numbers;
        private int[]? _selection;
        private ChunkStream? _stream;
        private Step _working;     // what the recursive query reads
        private Step _growing;     // what it gives

        public Worker(PhysicalRecursiveCte recursive, CteRows ctes, ExecutionProfile? profile, ExecutionContext context)
        {
            _recursive = recursive;
            _ctes = new CteRows(ctes);
            _profile = profile;
            _context = context;
            _nested = context.CreateNested();
            _types = [.. recursive.Columns.Select(c => c.Type.Physical)];
            _seen = recursive.IsAll ? null : new GroupTable(_types, context.Memory);
            _working = NewStep();
            _growing = NewStep();
            _ctes.Set(recursive.CteId, () => _working.Rows);
        }

        public override DataChunk? Next()
        {
            _stream ??= PipelineBuilder.Start(_recursive.Initial, _context, _ctes, _profile);
            while (true)
            {
                while (_stream.Next() is { } chunk)
                {
                    if (_seen is not null)
                    {
                        DropSeen(chunk);
                    }
                    if (chunk.Count > 0)
                    {
                        _growing.Rows.Append(chunk);
                        return chunk;
                    }
                }
                if (_growing.Rows.Count == 0)
                {
                    return null;
                }
                _context.ThrowIfCancelled();
                _working.Account.ReleaseAll();
                _working = _growing;
                _growing = NewStep();
                _nested.Memory.ReleaseAll();
                _stream = PipelineBuilder.Start(_recursive.Recursive, _nested, new CteRows(_ctes), _profile);
            }
        }

        private void DropSeen(DataChunk chunk)
        {
            _seen!.FindOrAdd(chunk.Vectors.AsSpan(0, _types.Length), chunk.Selection, chunk.Count, DataChunk.EnsureRoom(ref _numbers, chunk.End));
            _seen.NewPositions.CopyTo(DataChunk.EnsureRoom(ref _selection, _seen.NewCount));
            chunk.Selection = _selection;
            chunk.Count = _seen.NewCount;
        }

        private Step NewStep()
        {
            var account = new MemoryAccount("recursion", long.MaxValue, _context.Memory);
            return new Step(new ColumnarBuffer(_types, account), account);
        }

        private sealed record Step(ColumnarBuffer Rows, MemoryAccount Account);
    }
}
