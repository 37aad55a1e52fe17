using System.Runtime.CompilerServices;
using PhantomDb.Types;

namespace PhantomDb.Durability.Log;

/// <summary>What a record does. Custom entries have names of their own.</summary>
internal enum LogOperation
{
    Custom, Insert, Update, Delete, Table, Alter, Drop, Rename, View, Sequence, Schema, Index, Truncate, Load, Setting, Sync, Close,
}

/// <summary>The names of operations as they stand in the log.</summary>
internal static class LogOperationNames
{
    public const int LengthMax = 63;

    [MethodImpl(HotLoop.Options)]
    public static LogOperation Parse(ReadOnlySpan<byte> name) => name switch
    {
        _ when name.SequenceEqual("INSERT"u8) => LogOperation.Insert,
        _ when name.SequenceEqual("UPDATE"u8) => LogOperation.Update,
        _ when name.SequenceEqual("DELETE"u8) => LogOperation.Delete,
        _ when name.SequenceEqual("TABLE"u8) => LogOperation.Table,
        _ when name.SequenceEqual("ALTER"u8) => LogOperation.Alter,
        _ when name.SequenceEqual("DROP"u8) => LogOperation.Drop,
        _ when name.SequenceEqual("RENAME"u8) => LogOperation.Rename,
        _ when name.SequenceEqual("VIEW"u8) => LogOperation.View,
        _ when name.SequenceEqual("SEQUENCE"u8) => LogOperation.Sequence,
        _ when name.SequenceEqual("SCHEMA"u8) => LogOperation.Schema,
        _ when name.SequenceEqual("INDEX"u8) => LogOperation.Index,
        _ when name.SequenceEqual("TRUNCATE"u8) => LogOperation.Truncate,
        _ when name.SequenceEqual("LOAD"u8) => LogOperation.Load,
        _ when name.SequenceEqual("SETTING"u8) => LogOperation.Setting,
        _ when name.SequenceEqual("SYNC"u8) => LogOperation.Sync,
        _ when name.SequenceEqual("CLOSE"u8) => LogOperation.Close,
        _ => LogOperation.Custom,
    };

    /// <summary>The name in UTF-8; a custom entry has its own.</summary>
    public static ReadOnlySpan<byte> Utf8(LogOperation operation) => operation switch
    {
        LogOperation.Insert => "INSERT"u8,
        LogOperation.Update => "UPDATE"u8,
        LogOperation.Delete => "DELETE"u8,
        LogOperation.Table => "TABLE"u8,
        LogOperation.Alter => "ALTER"u8,
        LogOperation.Drop => "DROP"u8,
        LogOperation.Rename => "RENAME"u8,
        LogOperation.View => "VIEW"u8,
        LogOperation.Sequence => "SEQUENCE"u8,
        LogOperation.Schema => "SCHEMA"u8,
        LogOperation.Index => "INDEX"u8,
        LogOperation.Truncate => "TRUNCATE"u8,
        LogOperation.Load => "LOAD"u8,
        LogOperation.Setting => "SETTING"u8,
        LogOperation.Sync => "SYNC"u8,
        LogOperation.Close => "CLOSE"u8,
        _ => throw new ArgumentOutOfRangeException(nameof(operation), operation, null),
    };

    /// <summary>True for what can stand as an operation: [A-Z_][A-Z0-9_]*, not too long.</summary>
    [MethodImpl(HotLoop.Options)]
    public static bool IsName(ReadOnlySpan<byte> name)
    {
        if (name.Length is 0 or > LengthMax || char.IsAsciiDigit((char)name[0]))
        {
            return false;
        }
        foreach (byte letter in name)
        {
            if (!char.IsAsciiLetterUpper((char)letter) && !char.IsAsciiDigit((char)letter) && letter != '_')
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>True for a name that a custom entry may have: none of ours, and none that may become ours (PHANTOMDB_…).</summary>
    public static bool IsCustomName(ReadOnlySpan<byte> name) =>
        IsName(name) && Parse(name) == LogOperation.Custom && !name.StartsWith("PHANTOMDB_"u8);
}
