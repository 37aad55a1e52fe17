using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Functions;

/// <summary>A function in FROM: generate_series.</summary>
internal sealed record TableFunction(string Name, IReadOnlyList<SqlTypeId> Parameters, Func<IReadOnlyList<SqlType>, BoundTableFunction> Bind);

/// <summary>A table function chosen for actual argument types: its columns, and how to produce its rows.</summary>
internal sealed record BoundTableFunction(
    string Name,
    IReadOnlyList<(string Name, SqlType Type)> Columns,
    IReadOnlyList<SqlType> ArgumentTypes,
    Func<Vector[], IStatementContext, TableFunctionRows> Open);

/// <summary>Rows of one call; the arguments are constant vectors.</summary>
internal abstract class TableFunctionRows
{
    /// <summary>Fills the chunk from position 0; false where there are no more rows.</summary>
    public abstract bool Next(DataChunk output);
}
