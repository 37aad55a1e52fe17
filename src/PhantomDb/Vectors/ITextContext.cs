using PhantomDb.Types;

namespace PhantomDb.Vectors;

/// <summary>What the text of values may depend on besides their type: the session's time zone, the time, names of relations.</summary>
internal interface ITextContext
{
    /// <summary>Start of the transaction: now().</summary>
    long TransactionTime { get; }

    /// <summary>The session's time zone.</summary>
    SessionTimeZone TimeZone { get; }

    /// <summary>Oid of a relation named as in SQL ('public.t', '"T"'); null where there is none.</summary>
    int? FindRelation(string name);

    /// <summary>Name of a relation, quoted and qualified as needed; null where there is none.</summary>
    string? RelationName(int oid);

    /// <summary>Oid of what a name stands for as a regclass, regtype, regproc …; null where there is nothing.</summary>
    int? FindObject(SqlTypeId kind, string name) => kind == SqlTypeId.RegClass ? FindRelation(name) : null;

    /// <summary>Name of an object of a kind, quoted and qualified as needed; null where there is none.</summary>
    string? ObjectName(SqlTypeId kind, int oid) => kind == SqlTypeId.RegClass ? RelationName(oid) : null;
}
