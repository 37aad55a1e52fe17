using PhantomDb.Functions;

namespace PhantomDb.Execution;

/// <summary>Tables that the engine makes up (catalogs, later the log and snapshots). The composition root fills it.</summary>
internal interface IVirtualTableSource
{
    /// <summary>Begins to read a table; the chunks have the columns asked for by name, in that order.</summary>
    /// <param name="equal">
    /// Values that columns are compared with for equality: rows with other values may be left out. Strings, and numbers as
    /// they are in a <see cref="Expressions.ConstantExpression"/>.
    /// </param>
    TableFunctionRows Open(string schema, string name, IReadOnlyList<string> columns, IReadOnlyDictionary<string, object> equal, IStatementContext statement);
}
