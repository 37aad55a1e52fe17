namespace PhantomDb.Types;

/// <summary>The SQL types. What a value looks like in memory is <see cref="PhysicalType"/>.</summary>
internal enum SqlTypeId : byte
{
    /// <summary>An untyped literal or NULL whose type the context decides.</summary>
    Unknown,
    Boolean,
    Int16,
    Int32,
    Int64,
    Numeric,
    Real,
    Double,
    Text,
    Varchar,
    /// <summary>char(n): held without its trailing blanks, padded when shown.</summary>
    Char,
    Bytea,
    Date,
    Time,
    Timestamp,
    TimestampTz,
    Interval,
    Uuid,
    Oid,
    RegClass,
    Name,
    Void,
    /// <summary>
    /// What UNION, CASE and their like make of char(n) of different lengths: values bear their blanks with them. Of
    /// expressions only, never of a column of a table; compared as <see cref="Char"/>.
    /// </summary>
    PaddedChar,

    // Types of the system catalogs: not for columns of tables.

    /// <summary>"char": one byte as text.</summary>
    CatalogChar,
    RegProc,
    RegProcedure,
    RegType,
    RegNamespace,
    RegRole,
    /// <summary>smallints between blanks, counted from 0.</summary>
    Int2Vector,
    /// <summary>oids between blanks, counted from 0.</summary>
    OidVector,
    /// <summary>An array of one dimension, held as its text; <see cref="SqlType.Element"/> says of what.</summary>
    Array,
}
