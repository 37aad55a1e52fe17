namespace PhantomDb.Benchmarks.Engines.DuckDb;

/// <summary>The types of DuckDB's C interface (duckdb_type) that the workloads meet.</summary>
internal enum DuckDbType
{
    Boolean = 1,
    TinyInt = 2,
    SmallInt = 3,
    Integer = 4,
    BigInt = 5,
    Float = 10,
    Double = 11,
    Date = 13,
    HugeInt = 16,
    Varchar = 17,
    Decimal = 19,
}
