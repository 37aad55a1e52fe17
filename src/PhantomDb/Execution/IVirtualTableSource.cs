using PhantomDb.Functions;

namespace PhantomDb.Execution;

/// <summary>Tables that the engine makes up (catalogs, later the log and snapshots). The composition root fills it.</summary>
internal interface IVirtualTableSource
{
    /// <summary>Begins to read a table; the chunks have the columns asked for by name, in that order.</summary>
    TableFunctionRows Open(string schema, string name, IReadOnlyList<string> columns, IStatementContext statement);
}
