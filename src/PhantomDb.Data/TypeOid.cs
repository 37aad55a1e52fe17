namespace PhantomDb.Data;

/// <summary>Oids of PostgreSQL's types (pg_type), by which <see cref="ResultColumn.TypeOid"/> tells what a column is.</summary>
internal static class TypeOid
{
    public const int Unspecified = 0;
    public const int Boolean = 16;
    public const int Bytea = 17;
    public const int CatalogChar = 18;
    public const int Name = 19;
    public const int Int8 = 20;
    public const int Int2 = 21;
    public const int Int4 = 23;
    public const int Text = 25;
    public const int Oid = 26;
    public const int Real = 700;
    public const int Double = 701;
    public const int Unknown = 705;
    public const int Char = 1042;
    public const int Varchar = 1043;
    public const int Date = 1082;
    public const int Time = 1083;
    public const int Timestamp = 1114;
    public const int TimestampTz = 1184;
    public const int Interval = 1186;
    public const int Numeric = 1700;
    public const int RegClass = 2205;
    public const int Uuid = 2950;

    /// <summary>True for what is text by itself, and not only in its text form.</summary>
    public static bool IsText(int oid) => oid is Text or Varchar or Char or Name or CatalogChar or Unknown;
}
