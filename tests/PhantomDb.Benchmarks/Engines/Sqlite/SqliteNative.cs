using System.Runtime.InteropServices;

namespace PhantomDb.Benchmarks.Engines.Sqlite;

/// <summary>
/// The functions of SQLite's C interface that are used here. Those that only touch memory of the statement run without the switch of
/// the garbage collector's mode, so that the calls cost SQLite as little as they can.
/// </summary>
internal static unsafe partial class SqliteNative
{
    public const int Ok = 0;
    public const int Row = 100;
    public const int Done = 101;

    public const int OpenReadWrite = 0x2;
    public const int OpenCreate = 0x4;
    public const int OpenUri = 0x40;
    public const int OpenNoMutex = 0x8000;

    public const int TypeInteger = 1;
    public const int TypeFloat = 2;
    public const int TypeNull = 5;

    /// <summary>The binding's text stays as it is until the statement is reset.</summary>
    public const nint Static = 0;

    [LibraryImport(NativeLibraries.Sqlite, EntryPoint = "sqlite3_libversion")]
    public static partial byte* LibVersion();

    [LibraryImport(NativeLibraries.Sqlite, EntryPoint = "sqlite3_memory_used")]
    public static partial long MemoryUsed();

    [LibraryImport(NativeLibraries.Sqlite, EntryPoint = "sqlite3_open_v2", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string name, out nint database, int flags, string? vfs);

    [LibraryImport(NativeLibraries.Sqlite, EntryPoint = "sqlite3_close_v2")]
    public static partial int Close(nint database);

    [LibraryImport(NativeLibraries.Sqlite, EntryPoint = "sqlite3_errmsg")]
    public static partial byte* ErrorMessage(nint database);

    [LibraryImport(NativeLibraries.Sqlite, EntryPoint = "sqlite3_prepare_v3")]
    public static partial int Prepare(nint database, byte* sql, int size, uint flags, out nint statement, byte** tail);

    [LibraryImport(NativeLibraries.Sqlite, EntryPoint = "sqlite3_finalize")]
    public static partial int Finalize(nint statement);

    [LibraryImport(NativeLibraries.Sqlite, EntryPoint = "sqlite3_step")]
    public static partial int Step(nint statement);

    [LibraryImport(NativeLibraries.Sqlite, EntryPoint = "sqlite3_reset")]
    public static partial int Reset(nint statement);

    [LibraryImport(NativeLibraries.Sqlite, EntryPoint = "sqlite3_bind_text")]
    public static partial int BindText(nint statement, int parameter, byte* text, int size, nint destructor);

    [LibraryImport(NativeLibraries.Sqlite, EntryPoint = "sqlite3_column_count")]
    public static partial int ColumnCount(nint statement);

    [LibraryImport(NativeLibraries.Sqlite, EntryPoint = "sqlite3_bind_int64"), SuppressGCTransition]
    public static partial int BindInt64(nint statement, int parameter, long value);

    [LibraryImport(NativeLibraries.Sqlite, EntryPoint = "sqlite3_bind_double"), SuppressGCTransition]
    public static partial int BindDouble(nint statement, int parameter, double value);

    [LibraryImport(NativeLibraries.Sqlite, EntryPoint = "sqlite3_column_type"), SuppressGCTransition]
    public static partial int ColumnType(nint statement, int column);

    [LibraryImport(NativeLibraries.Sqlite, EntryPoint = "sqlite3_column_int64"), SuppressGCTransition]
    public static partial long ColumnInt64(nint statement, int column);

    [LibraryImport(NativeLibraries.Sqlite, EntryPoint = "sqlite3_column_double"), SuppressGCTransition]
    public static partial double ColumnDouble(nint statement, int column);

    [LibraryImport(NativeLibraries.Sqlite, EntryPoint = "sqlite3_column_text")]
    public static partial byte* ColumnText(nint statement, int column);

    [LibraryImport(NativeLibraries.Sqlite, EntryPoint = "sqlite3_column_bytes"), SuppressGCTransition]
    public static partial int ColumnBytes(nint statement, int column);
}
