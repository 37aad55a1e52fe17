namespace PhantomDb.Functions;

/// <summary>Where a cast stands, which decides whether it is allowed (pg_cast.castcontext).</summary>
internal enum CastContext : byte
{
    /// <summary>Inserted by the binder inside expressions.</summary>
    Implicit,
    /// <summary>Value assigned to a column.</summary>
    Assignment,
    /// <summary>CAST(x AS type), x::type.</summary>
    Explicit,
}
