using System.Runtime.InteropServices;

namespace PhantomDb.Benchmarks.Engines.DuckDb;

/// <summary>The functions of DuckDB's C interface that are used here. Those that only fetch a pointer skip the collector's mode switch.</summary>
internal static unsafe partial class DuckDbNative
{
    public const int Success = 0;

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_library_version")]
    public static partial byte* LibraryVersion();

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_create_config")]
    public static partial int CreateConfig(out nint config);

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_set_config", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SetConfig(nint config, string name, string option);

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_destroy_config")]
    public static partial void DestroyConfig(ref nint config);

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_open_ext", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, out nint database, nint config, out nint error);

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_close")]
    public static partial void Close(ref nint database);

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_connect")]
    public static partial int Connect(nint database, out nint connection);

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_disconnect")]
    public static partial void Disconnect(ref nint connection);

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_query", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Query(nint connection, string sql, out Result result);

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_result_error")]
    public static partial byte* ResultError(ref Result result);

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_destroy_result")]
    public static partial void DestroyResult(ref Result result);

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_column_count")]
    public static partial ulong ColumnCount(ref Result result);

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_column_logical_type")]
    public static partial nint ColumnLogicalType(ref Result result, ulong column);

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_get_type_id")]
    public static partial int GetTypeId(nint logicalType);

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_decimal_internal_type")]
    public static partial int DecimalInternalType(nint logicalType);

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_decimal_scale")]
    public static partial byte DecimalScale(nint logicalType);

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_destroy_logical_type")]
    public static partial void DestroyLogicalType(ref nint logicalType);

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_fetch_chunk")]
    public static partial nint FetchChunk(Result result);

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_destroy_data_chunk")]
    public static partial void DestroyDataChunk(ref nint chunk);

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_data_chunk_get_size"), SuppressGCTransition]
    public static partial ulong DataChunkGetSize(nint chunk);

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_data_chunk_get_vector"), SuppressGCTransition]
    public static partial nint DataChunkGetVector(nint chunk, ulong column);

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_vector_get_data"), SuppressGCTransition]
    public static partial byte* VectorGetData(nint vector);

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_vector_get_validity"), SuppressGCTransition]
    public static partial ulong* VectorGetValidity(nint vector);

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_prepare", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Prepare(nint connection, string sql, out nint statement);

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_prepare_error")]
    public static partial byte* PrepareError(nint statement);

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_destroy_prepare")]
    public static partial void DestroyPrepare(ref nint statement);

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_bind_int64")]
    public static partial int BindInt64(nint statement, ulong parameter, long value);

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_bind_int32")]
    public static partial int BindInt32(nint statement, ulong parameter, int value);

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_bind_double")]
    public static partial int BindDouble(nint statement, ulong parameter, double value);

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_bind_varchar_length")]
    public static partial int BindText(nint statement, ulong parameter, byte* text, ulong size);

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_execute_prepared")]
    public static partial int ExecutePrepared(nint statement, out Result result);

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_appender_create", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int AppenderCreate(nint connection, string? schema, string table, out nint appender);

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_append_int64")]
    public static partial int AppendInt64(nint appender, long value);

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_append_int32")]
    public static partial int AppendInt32(nint appender, int value);

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_append_double")]
    public static partial int AppendDouble(nint appender, double value);

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_append_varchar_length")]
    public static partial int AppendText(nint appender, byte* text, ulong size);

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_appender_end_row")]
    public static partial int AppenderEndRow(nint appender);

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_appender_error")]
    public static partial byte* AppenderError(nint appender);

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_appender_close")]
    public static partial int AppenderClose(nint appender);

    [LibraryImport(NativeLibraries.DuckDb, EntryPoint = "duckdb_appender_destroy")]
    public static partial int AppenderDestroy(ref nint appender);

    /// <summary>duckdb_result: all of it belongs to the library.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Result
    {
        private ulong _columnCount;
        private ulong _rowCount;
        private ulong _rowsChanged;
        private nint _columns;
        private nint _error;
        private nint _internal;
    }
}
