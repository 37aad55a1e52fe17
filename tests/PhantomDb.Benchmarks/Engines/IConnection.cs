namespace PhantomDb.Benchmarks.Engines;

/// <summary>SQL in PostgreSQL's dialect against one engine; an engine with another dialect translates.</summary>
internal interface IConnection : IDisposable
{
    /// <summary>Runs a statement to its end; rows are thrown away.</summary>
    void Execute(string sql);

    /// <summary>Runs a query and keeps every cell, for comparing answers.</summary>
    ResultTable Query(string sql);

    /// <summary>Runs a query and reads every value of every row once. Returns the number of rows.</summary>
    long Drain(string sql);

    /// <summary>Parameters are <c>$1</c>, <c>$2</c> …</summary>
    IStatement Prepare(string sql);

    /// <summary>The same for text without parameters that every engine takes as it is: the price of new text is not blurred by a translation.</summary>
    IStatement PrepareVerbatim(string sql);

    /// <summary>The engine's quickest way to add rows one by one: bind all columns, run, repeat; dispose to finish.</summary>
    IStatement PrepareBulkInsert(string table, int columnCount);

    /// <summary>Reads a file whose fields are separated by '|' into a table.</summary>
    void Load(string table, string path);

    /// <summary>Writes a table to a file whose fields are separated by '|'.</summary>
    void Save(string table, string path);
}
