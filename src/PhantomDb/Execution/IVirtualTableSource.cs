using PhantomDb.Functions;

namespace PhantomDb.Execution;

/// <summary>Tables that the engine makes up (catalogs, the log, settings). The composition root fills it.</summary>
internal interface IVirtualTableSource
{
    /// <summary>Begins to read a table; the chunks have the columns asked for by name, in that order.</summary>
    /// <param name="filter">What is asked of columns: rows that do not fit may be left out.</param>
    TableFunctionRows Open(string schema, string name, IReadOnlyList<string> columns, VirtualFilter filter, IStatementContext statement);
}
