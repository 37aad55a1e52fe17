using System.Globalization;
using System.Security.Cryptography;
using PhantomDb.Errors;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Functions;

/// <summary>What a statement knows about itself: session, settings, sequences, names; and generated identifiers.</summary>
internal static class SystemFunctions
{
    /// <summary>What version() begins with, for clients that look at it.</summary>
    public const string VersionText = "PostgreSQL 15.0 (PhantomDB)";

    public static void AddTo(List<ScalarFunction> functions)
    {
        AddSession(functions);
        AddSettings(functions);
        AddSequences(functions);
        AddSessions(functions);
        AddLog(functions);
        AddTransactions(functions);
        functions.Add(new BoundScalarFunction("gen_random_uuid", SqlType.Uuid, [], RowKernels.Value((in RowReader _) => RandomUuid()))
        {
            Volatility = Volatility.Volatile,
        });
        functions.Add(new ScalarFunction("num_nulls", [SqlTypeId.Unknown], types => CountNulls("num_nulls", types, countsNulls: true)) { TakesAny = true, IsVariadic = true });
        functions.Add(new ScalarFunction("num_nonnulls", [SqlTypeId.Unknown], types => CountNulls("num_nonnulls", types, countsNulls: false)) { TakesAny = true, IsVariadic = true });
    }

    private static void AddSession(List<ScalarFunction> functions)
    {
        Text(functions, "version", SqlType.Text, (in RowReader _, TextBuffer output) => output.Append(VersionText));
        foreach (string name in new[] { "current_database", "current_catalog" })
        {
            Text(functions, name, SqlType.Name, (in RowReader row, TextBuffer output) => output.Append(row.Statement.DatabaseName));
        }

        foreach (string name in new[] { "current_user", "session_user", "user", "current_role" })
        {
            Text(functions, name, SqlType.Name, (in RowReader row, TextBuffer output) => output.Append(row.Statement.UserName));
        }

        Stable(functions, "current_schema", SqlType.Name, [], RowKernels.NullableText((in RowReader row, TextBuffer output) =>
        {
            string? schema = row.Statement.SearchPath(includesSystem: false).FirstOrDefault();
            output.Append(schema ?? "");
            return schema is not null;
        }));
        functions.Add(new ScalarFunction("pg_typeof", [SqlTypeId.Unknown], types => new BoundScalarFunction("pg_typeof", SqlType.Text, types,
            RowKernels.Text((in RowReader _, TextBuffer output) => output.Append(types[0].BaseName))) { IsStrict = false }) { TakesAny = true });
    }

    private static void AddSettings(List<ScalarFunction> functions)
    {
        Stable(functions, "current_setting", SqlType.Text, [SqlType.Text], RowKernels.Text((in RowReader row, TextBuffer output) =>
            output.Append(row.Statement.RequireSetting(row.String(0)))));
        Stable(functions, "current_setting", SqlType.Text, [SqlType.Text, SqlType.Boolean], RowKernels.NullableText((in RowReader row, TextBuffer output) =>
        {
            string? value = row.Value<bool>(1) ? row.Statement.GetSetting(row.String(0)) : row.Statement.RequireSetting(row.String(0));
            output.Append(value ?? "");
            return value is not null;
        }));
        functions.Add(new BoundScalarFunction("set_config", SqlType.Text, [SqlType.Text, SqlType.Text, SqlType.Boolean], RowKernels.Text((in RowReader row, TextBuffer output) =>
            output.Append(row.Statement.SetSetting(
                row.IsNull(0) ? throw new PhantomDbException(SqlStates.NullValueNotAllowed, "SET requires parameter name") : row.String(0),
                row.IsNull(1) ? null : row.String(1),
                !row.IsNull(2) && row.Value<bool>(2)))))
        {
            Volatility = Volatility.Volatile, HasSideEffects = true, IsFallible = true, IsStrict = false,
        });

    }

    private static void AddSequences(List<ScalarFunction> functions)
    {
        SqlType relation = SqlType.RegClass;
        SqlType bigint = SqlType.Int64;
        Changing(functions, "nextval", bigint, [relation], RowKernels.Value((in RowReader row) => row.Statement.NextSequenceValue((int)row.Value<long>(0))));
        Volatile(functions, "currval", bigint, [relation], RowKernels.Value((in RowReader row) => row.Statement.CurrentSequenceValue((int)row.Value<long>(0))));
        Volatile(functions, "lastval", bigint, [], RowKernels.Value((in RowReader row) => row.Statement.LastSequenceValue()));
        Changing(functions, "setval", bigint, [relation, bigint], RowKernels.Value((in RowReader row) => Set(row, isCalled: true)));
        Changing(functions, "setval", bigint, [relation, bigint, SqlType.Boolean], RowKernels.Value((in RowReader row) => Set(row, row.Value<bool>(2))));

        static long Set(in RowReader row, bool isCalled)
        {
            row.Statement.SetSequenceValue((int)row.Value<long>(0), row.Value<long>(1), isCalled);
            return row.Value<long>(1);
        }
    }

    private static void AddLog(List<ScalarFunction> functions)
    {
        functions.Add(new BoundScalarFunction("phantomdb_last_lsn", SqlType.Int64, [], RowKernels.Nullable((in RowReader row, out long lsn) =>
        {
            lsn = row.Statement.Log?.LastLsn ?? 0;
            return row.Statement.Log is not null;
        }))
        {
            Volatility = Volatility.Stable,
        });
        functions.Add(new ScalarFunction("phantomdb_log_append", [SqlTypeId.Text], Bind));
        functions.Add(new ScalarFunction("phantomdb_log_append", [SqlTypeId.Text, SqlTypeId.Text], Bind) { IsVariadic = true });

        static BoundScalarFunction Bind(IReadOnlyList<SqlType> types)
        {
            int count = types.Count;
            return new BoundScalarFunction("phantomdb_log_append", SqlType.Int64, [.. types.Select(_ => SqlType.Text)],
                RowKernels.Value((in RowReader row) => Append(row, count)))
            {
                Volatility = Volatility.Volatile, HasSideEffects = true, IsFallible = true, IsStrict = false,
            };
        }

        static long Append(in RowReader row, int count)
        {
            if (count % 2 == 0)
            {
                throw new PhantomDbException(SqlStates.InvalidParameterValue, "phantomdb_log_append takes a name, and then keys and values by turns");
            }
            // Not NULL for NULL: an entry that goes nowhere without a word would be worse than an error.
            for (int i = 0; i < count; i++)
            {
                if (row.IsNull(i))
                {
                    string what = i == 0 ? "the name" : i % 2 == 1 ? "a key" : $"the value of key \"{row.String(i - 1)}\"";
                    throw new PhantomDbException(SqlStates.NullValueNotAllowed, $"{what} of an entry of the log must not be null");
                }
            }
            KeyValuePair<string, string>[] values = new KeyValuePair<string, string>[count / 2];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = new(row.String(1 + (2 * i)), row.String(2 + (2 * i)));
            }
            return (row.Statement.Log ?? throw Error.NoLog(row.Statement.DatabaseName)).Append(row.String(0), values);
        }
    }

    private static void AddSessions(List<ScalarFunction> functions)
    {
        SqlType integer = SqlType.Int32;
        Stable(functions, "pg_backend_pid", integer, [], RowKernels.Value((in RowReader row) => row.Statement.ProcessId));
        Changing(functions, "pg_cancel_backend", SqlType.Boolean, [integer], RowKernels.Value((in RowReader row) =>
            Reached(row, row.Statement.Sessions!.Cancel(row.Value<int>(0)))));
        Changing(functions, "pg_terminate_backend", SqlType.Boolean, [integer], RowKernels.Value((in RowReader row) =>
            Reached(row, row.Statement.Sessions!.Terminate(row.Value<int>(0)))));
        Changing(functions, "pg_terminate_backend", SqlType.Boolean, [integer, SqlType.Int64], RowKernels.Value((in RowReader row) =>
        {
            bool isReached = Reached(row, row.Statement.Sessions!.Terminate(row.Value<int>(0)));
            return isReached && HasGone(row, row.Value<long>(1));
        }));
        Volatile(functions, "pg_blocking_pids", SqlType.ArrayOf(SqlTypeId.Int32), [integer], RowKernels.Text((in RowReader row, TextBuffer output) =>
            output.Append(ArrayText.Of(row.Statement.Sessions!.BlockersOf(row.Value<int>(0)).Select(id => id.ToString(CultureInfo.InvariantCulture))))));

        // It may have been this very session.
        static bool Reached(in RowReader row, bool isReached)
        {
            if (!isReached)
            {
                row.Statement.Warn($"PID {row.Value<int>(0)} is not a PhantomDB session");
            }
            row.Statement.ThrowIfCancelled();
            return isReached;
        }

        static bool HasGone(in RowReader row, long timeoutMs)
        {
            if (timeoutMs < 0)
            {
                throw new PhantomDbException(SqlStates.NumericValueOutOfRange, "\"timeout\" must not be negative");
            }
            long deadline = timeoutMs == 0 ? 0 : Environment.TickCount64 + timeoutMs;
            while (deadline > Environment.TickCount64 && row.Statement.Sessions!.IsOpen(row.Value<int>(0)))
            {
                row.Statement.ThrowIfCancelled();
                Thread.Sleep(1);
            }
            if (timeoutMs == 0 || !row.Statement.Sessions!.IsOpen(row.Value<int>(0)))
            {
                return true;
            }
            row.Statement.Warn($"backend with PID {row.Value<int>(0)} did not terminate within {timeoutMs} milliseconds");
            return false;
        }
    }

    // PostgreSQL's xid8 is bigint here.
    private static void AddTransactions(List<ScalarFunction> functions)
    {
        foreach (string name in new[] { "txid_current", "pg_current_xact_id" })
        {
            Stable(functions, name, SqlType.Int64, [], RowKernels.Value((in RowReader row) => row.Statement.TransactionId(isNeeded: true)!.Value));
            Stable(functions, $"{name}_if_assigned", SqlType.Int64, [], RowKernels.Nullable((in RowReader row, out long number) =>
            {
                long? given = row.Statement.TransactionId(isNeeded: false);
                number = given.GetValueOrDefault();
                return given is not null;
            }));
        }
    }

    private static BoundScalarFunction CountNulls(string name, IReadOnlyList<SqlType> types, bool countsNulls) =>
        new(name, SqlType.Int32, types, RowKernels.Value((in RowReader row) =>
        {
            int count = 0;
            for (int i = 0; i < row.Count; i++)
            {
                count += row.IsNull(i) == countsNulls ? 1 : 0;
            }

            return count;
        }))
        {
            IsStrict = false,
        };

    private static UInt128 RandomUuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);   // version 4
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);   // the variant of RFC 9562
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    private static void Text(List<ScalarFunction> functions, string name, SqlType result, TextRowFunction function) =>
        Stable(functions, name, result, [], RowKernels.Text(function));

    private static void Stable(List<ScalarFunction> functions, string name, SqlType result, SqlType[] parameters, ScalarKernel kernel) =>
        functions.Add(new BoundScalarFunction(name, result, parameters, kernel) { Volatility = Volatility.Stable, IsFallible = true });

    private static void Changing(List<ScalarFunction> functions, string name, SqlType result, SqlType[] parameters, ScalarKernel kernel) =>
        functions.Add(new BoundScalarFunction(name, result, parameters, kernel) { Volatility = Volatility.Volatile, HasSideEffects = true, IsFallible = true });

    private static void Volatile(List<ScalarFunction> functions, string name, SqlType result, SqlType[] parameters, ScalarKernel kernel) =>
        functions.Add(new BoundScalarFunction(name, result, parameters, kernel) { Volatility = Volatility.Volatile, IsFallible = true });
}
