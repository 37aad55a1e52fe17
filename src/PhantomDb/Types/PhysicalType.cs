namespace PhantomDb.Types;

/// <summary>
/// How values lie in memory; kernels are written for these. Booleans are <see cref="bool"/>, dates 32-bit days and
/// timestamps 64-bit microseconds since 2000-01-01 (UTC), times microseconds since midnight, fixed-scale numerics scaled
/// integers, strings 16-byte views.
/// </summary>
internal enum PhysicalType : byte
{
    Boolean,
    Int16,
    Int32,
    Int64,
    /// <summary>Scaled numeric of 19 to 38 digits.</summary>
    Int128,
    Real,
    Double,
    /// <summary>Numeric whose scale differs from value to value: <see cref="Types.Numeric"/>.</summary>
    Numeric,
    /// <summary><c>StringView</c> of UTF-8 (or bytea) bytes.</summary>
    String,
    Interval,
    /// <summary><see cref="UInt128"/>, most significant byte first in text.</summary>
    Uuid,
}
