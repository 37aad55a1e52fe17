namespace PhantomDb.Benchmarks.Tpch;

/// <summary>The tables of TPC-H, parents before children.</summary>
internal enum TpchTable
{
    Region,
    Nation,
    Supplier,
    Part,
    PartSupp,
    Customer,
    Orders,
    LineItem,
}
