namespace PhantomDb.Benchmarks.Tpch;

/// <summary>The tables' definitions in PostgreSQL's dialect.</summary>
internal static class TpchSchema
{
    /// <summary>CREATE TABLE of one table; without its primary key where loading alone is measured.</summary>
    public static string Create(TpchTable table, bool withPrimaryKey = true)
    {
        (string columns, string key) = Definition(table);
        return $"create table {TpchFiles.NameOf(table)} ({columns}{(withPrimaryKey ? $", primary key ({key})" : "")})";
    }

    /// <summary>
    /// Indexes on foreign keys, for SQLite alone: it joins by nested loops over indexes, and without these some queries would take hours.
    /// </summary>
    public static readonly IReadOnlyList<string> ForeignKeyIndexes =
    [
        "create index supplier_nation on supplier (s_nationkey)",
        "create index customer_nation on customer (c_nationkey)",
        "create index partsupp_supplier on partsupp (ps_suppkey)",
        "create index orders_customer on orders (o_custkey)",
        "create index lineitem_part_supplier on lineitem (l_partkey, l_suppkey)",
        "create index lineitem_supplier on lineitem (l_suppkey)",
    ];

    private static (string Columns, string Key) Definition(TpchTable table) => table switch
    {
        TpchTable.Region => ("r_regionkey integer not null, r_name char(25) not null, r_comment varchar(152)", "r_regionkey"),
        TpchTable.Nation => (
            "n_nationkey integer not null, n_name char(25) not null, n_regionkey integer not null, n_comment varchar(152)", "n_nationkey"),
        TpchTable.Supplier => (
            "s_suppkey integer not null, s_name char(25) not null, s_address varchar(40) not null, s_nationkey integer not null, " +
            "s_phone char(15) not null, s_acctbal numeric(15,2) not null, s_comment varchar(101) not null", "s_suppkey"),
        TpchTable.Part => (
            "p_partkey integer not null, p_name varchar(55) not null, p_mfgr char(25) not null, p_brand char(10) not null, " +
            "p_type varchar(25) not null, p_size integer not null, p_container char(10) not null, p_retailprice numeric(15,2) not null, " +
            "p_comment varchar(23) not null", "p_partkey"),
        TpchTable.PartSupp => (
            "ps_partkey integer not null, ps_suppkey integer not null, ps_availqty integer not null, ps_supplycost numeric(15,2) not null, " +
            "ps_comment varchar(199) not null", "ps_partkey, ps_suppkey"),
        TpchTable.Customer => (
            "c_custkey integer not null, c_name varchar(25) not null, c_address varchar(40) not null, c_nationkey integer not null, " +
            "c_phone char(15) not null, c_acctbal numeric(15,2) not null, c_mktsegment char(10) not null, c_comment varchar(117) not null",
            "c_custkey"),
        TpchTable.Orders => (
            "o_orderkey bigint not null, o_custkey integer not null, o_orderstatus char(1) not null, o_totalprice numeric(15,2) not null, " +
            "o_orderdate date not null, o_orderpriority char(15) not null, o_clerk char(15) not null, o_shippriority integer not null, " +
            "o_comment varchar(79) not null", "o_orderkey"),
        TpchTable.LineItem => (
            "l_orderkey bigint not null, l_partkey integer not null, l_suppkey integer not null, l_linenumber integer not null, " +
            "l_quantity numeric(15,2) not null, l_extendedprice numeric(15,2) not null, l_discount numeric(15,2) not null, " +
            "l_tax numeric(15,2) not null, l_returnflag char(1) not null, l_linestatus char(1) not null, l_shipdate date not null, " +
            "l_commitdate date not null, l_receiptdate date not null, l_shipinstruct char(25) not null, l_shipmode char(10) not null, " +
            "l_comment varchar(44) not null", "l_orderkey, l_linenumber"),
        _ => throw new ArgumentOutOfRangeException(nameof(table)),
    };
}
