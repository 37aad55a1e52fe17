using System.Globalization;
using PhantomDb.Errors;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Functions;

/// <summary>Functions that tell of definitions: pg_get_indexdef and its like, format_type, visibility, comments, sizes, privileges.</summary>
internal static class CatalogFunctions
{
    public static void AddTo(List<ScalarFunction> functions)
    {
        AddDefinitions(functions);
        AddNames(functions);
        AddComments(functions);
        AddVisibility(functions);
        AddSizes(functions);
        AddPrivileges(functions);
        AddServer(functions);
    }

    private static void AddDefinitions(List<ScalarFunction> functions)
    {
        NullableText(functions, "pg_get_constraintdef", [SqlType.Oid], (in RowReader row) => row.Statement.Definitions?.ConstraintDefinition(Oid(row, 0), false));
        NullableText(functions, "pg_get_constraintdef", [SqlType.Oid, SqlType.Boolean], (in RowReader row) => row.Statement.Definitions?.ConstraintDefinition(Oid(row, 0), row.Value<bool>(1)));
        NullableText(functions, "pg_get_indexdef", [SqlType.Oid], (in RowReader row) => row.Statement.Definitions?.IndexDefinition(Oid(row, 0), 0, false));
        NullableText(functions, "pg_get_indexdef", [SqlType.Oid, SqlType.Int32, SqlType.Boolean], (in RowReader row) => row.Statement.Definitions?.IndexDefinition(Oid(row, 0), row.Value<int>(1), row.Value<bool>(2)));
        NullableText(functions, "pg_get_viewdef", [SqlType.Oid], (in RowReader row) => row.Statement.Definitions?.ViewDefinition(Oid(row, 0), false));
        NullableText(functions, "pg_get_viewdef", [SqlType.Oid, SqlType.Boolean], (in RowReader row) => row.Statement.Definitions?.ViewDefinition(Oid(row, 0), row.Value<bool>(1)));
        NullableText(functions, "pg_get_viewdef", [SqlType.Text], (in RowReader row) => row.Statement.Definitions?.ViewDefinition(Relation(row), false));
        NullableText(functions, "pg_get_viewdef", [SqlType.Text, SqlType.Boolean], (in RowReader row) => row.Statement.Definitions?.ViewDefinition(Relation(row), row.Value<bool>(1)));
        NullableText(functions, "pg_get_expr", [SqlType.Text, SqlType.Oid], (in RowReader row) => row.Statement.Definitions?.ExpressionText(row.String(0), Oid(row, 1), false));
        NullableText(functions, "pg_get_expr", [SqlType.Text, SqlType.Oid, SqlType.Boolean], (in RowReader row) => row.Statement.Definitions?.ExpressionText(row.String(0), Oid(row, 1), row.Value<bool>(2)));
        NullableText(functions, "pg_get_function_arguments", [SqlType.Oid], (in RowReader row) => row.Statement.Definitions?.FunctionSignature(Oid(row, 0))?.Arguments);
        NullableText(functions, "pg_get_function_identity_arguments", [SqlType.Oid], (in RowReader row) => row.Statement.Definitions?.FunctionSignature(Oid(row, 0))?.Arguments);
        NullableText(functions, "pg_get_function_result", [SqlType.Oid], (in RowReader row) => row.Statement.Definitions?.FunctionSignature(Oid(row, 0))?.Result);
        NullableText(functions, "pg_get_serial_sequence", [SqlType.Text, SqlType.Text], (in RowReader row) => row.Statement.Definitions?.SerialSequence(row.String(0), row.String(1)));
        NullableText(functions, "pg_get_userbyid", SqlType.Name, [SqlType.Oid], (in RowReader row) =>
            row.Statement.ObjectName(SqlTypeId.RegRole, Oid(row, 0)) is not null ? row.Statement.UserName
                : string.Create(CultureInfo.InvariantCulture, $"unknown (OID={row.Value<long>(0)})"));
        // Of what is not there nothing can be told.
        foreach (string name in new[]
        {
            "pg_get_functiondef", "pg_get_triggerdef", "pg_get_ruledef", "pg_get_statisticsobjdef", "pg_get_statisticsobjdef_columns", "pg_get_partkeydef",
            "pg_get_partition_constraintdef", "pg_get_function_sqlbody",
        })
        {
            NullableText(functions, name, [SqlType.Oid], (in RowReader _) => null);
            NullableText(functions, name, [SqlType.Oid, SqlType.Boolean], (in RowReader _) => null);
        }
    }

    private static void AddNames(List<ScalarFunction> functions)
    {
        functions.Add(new BoundScalarFunction("format_type", SqlType.Text, [SqlType.Oid, SqlType.Int32], RowKernels.NullableText((in RowReader row, TextBuffer output) =>
        {
            if (row.IsNull(0))
            {
                return false;
            }
            int? modifier = row.IsNull(1) ? null : row.Value<int>(1);
            output.Append(Oid(row, 0) == 0 ? "-" : row.Statement.Definitions?.FormatType(Oid(row, 0), modifier) ?? "???");
            return true;
        }))
        {
            IsStrict = false, IsFallible = true, Volatility = Volatility.Stable,
        });
        AddLookup(functions, "to_regclass", SqlType.RegClass);
        AddLookup(functions, "to_regtype", SqlType.RegType);
        AddLookup(functions, "to_regnamespace", SqlType.RegNamespace);
        AddLookup(functions, "to_regrole", SqlType.RegRole);
        AddLookup(functions, "to_regproc", SqlType.RegProc);
        AddLookup(functions, "to_regprocedure", new SqlType(SqlTypeId.RegProcedure));
        Add(functions, "current_schemas", SqlType.ArrayOf(SqlTypeId.Name), [SqlType.Boolean], RowKernels.Text((in RowReader row, TextBuffer output) =>
            output.Append(ArrayText.Of(row.Statement.SearchPath(row.Value<bool>(0))))));
    }

    private static void AddLookup(List<ScalarFunction> functions, string name, SqlType result) =>
        Add(functions, name, result, [SqlType.Text], RowKernels.Nullable((in RowReader row, out long oid) =>
        {
            int? found = row.Statement.FindObject(result.Id, row.String(0));
            oid = (uint)(found ?? 0);
            return found is not null;
        }));

    private static void AddComments(List<ScalarFunction> functions)
    {
        NullableText(functions, "obj_description", [SqlType.Oid, SqlType.Text], (in RowReader row) =>
            row.Statement.FindObject(SqlTypeId.RegClass, "pg_catalog." + row.String(1)) is { } catalog ? row.Statement.Definitions?.Comment(catalog, Oid(row, 0), 0) : null);
        NullableText(functions, "obj_description", [SqlType.Oid], (in RowReader row) => row.Statement.Definitions?.Comment(0, Oid(row, 0), 0));
        NullableText(functions, "col_description", [SqlType.Oid, SqlType.Int32], (in RowReader row) =>
            row.Value<int>(1) == 0 ? null : row.Statement.Definitions?.Comment(0, Oid(row, 0), row.Value<int>(1)));
        NullableText(functions, "shobj_description", [SqlType.Oid, SqlType.Text], (in RowReader _) => null);
    }

    private static void AddVisibility(List<ScalarFunction> functions)
    {
        AddVisibility(functions, "pg_table_is_visible", SqlTypeId.RegClass);
        AddVisibility(functions, "pg_type_is_visible", SqlTypeId.RegType);
        AddVisibility(functions, "pg_function_is_visible", SqlTypeId.RegProcedure);
        // Operators, operator classes and collations are the system's own, which are always found.
        foreach (string name in new[]
        {
            "pg_operator_is_visible", "pg_opclass_is_visible", "pg_opfamily_is_visible", "pg_collation_is_visible", "pg_conversion_is_visible",
            "pg_statistics_obj_is_visible", "pg_ts_config_is_visible", "pg_ts_dict_is_visible", "pg_ts_parser_is_visible", "pg_ts_template_is_visible",
        })
        {
            Add(functions, name, SqlType.Boolean, [SqlType.Oid], RowKernels.Value((in RowReader _) => true));
        }
        Add(functions, "pg_relation_is_publishable", SqlType.Boolean, [SqlType.RegClass], RowKernels.Value((in RowReader _) => true));
        Add(functions, "pg_relation_is_updatable", SqlType.Int32, [SqlType.RegClass, SqlType.Boolean], RowKernels.Value((in RowReader _) => 0));
    }

    private static void AddVisibility(List<ScalarFunction> functions, string name, SqlTypeId kind) =>
        Add(functions, name, SqlType.Boolean, [SqlType.Oid], RowKernels.Nullable((in RowReader row, out bool isVisible) =>
        {
            bool? found = row.Statement.Definitions?.IsVisible(kind, Oid(row, 0));
            isVisible = found ?? false;
            return found is not null;
        }));

    private static void AddSizes(List<ScalarFunction> functions)
    {
        AddSize(functions, "pg_relation_size", withIndexes: false, indexesOnly: false);
        AddSize(functions, "pg_table_size", withIndexes: false, indexesOnly: false);
        AddSize(functions, "pg_total_relation_size", withIndexes: true, indexesOnly: false);
        AddSize(functions, "pg_indexes_size", withIndexes: true, indexesOnly: true);
        Add(functions, "pg_relation_size", SqlType.Int64, [SqlType.RegClass, SqlType.Text], RowKernels.Nullable((in RowReader row, out long size) =>
        {
            long? found = row.Statement.Definitions?.RelationSize(Oid(row, 0), false);
            size = row.Text(1).SequenceEqual("main"u8) ? found ?? 0 : 0;
            return found is not null;
        }));
        Add(functions, "pg_database_size", SqlType.Int64, [SqlType.Oid], RowKernels.Nullable((in RowReader row, out long size) =>
        {
            long? found = row.Statement.Definitions?.FindDatabase(Oid(row, 0)) is { } name ? row.Statement.Definitions.DatabaseSize(name) : null;
            size = found ?? 0;
            return found is not null;
        }));
        Add(functions, "pg_database_size", SqlType.Int64, [SqlType.Name], RowKernels.Value((in RowReader row) =>
            row.Statement.Definitions?.DatabaseSize(row.String(0)) ?? throw new PhantomDbException(SqlStates.InvalidDatabaseName, $"database \"{row.String(0)}\" does not exist")));
        functions.Add("pg_size_pretty", SqlType.Text, [SqlType.Int64], RowKernels.Text((in RowReader row, TextBuffer output) => output.Append(PrettySize(row.Value<long>(0)))));
    }

    private static void AddSize(List<ScalarFunction> functions, string name, bool withIndexes, bool indexesOnly) =>
        Add(functions, name, SqlType.Int64, [SqlType.RegClass], RowKernels.Nullable((in RowReader row, out long size) =>
        {
            long? found = row.Statement.Definitions?.RelationSize(Oid(row, 0), withIndexes);
            size = (found ?? 0) - (indexesOnly ? row.Statement.Definitions?.RelationSize(Oid(row, 0), false) ?? 0 : 0);
            return found is not null;
        }));

    /// <summary>Bytes up to 10 kB, then the largest unit of which there are fewer than 10,240, rounded half away from zero.</summary>
    private static string PrettySize(long size)
    {
        ReadOnlySpan<string> units = ["bytes", "kB", "MB", "GB", "TB", "PB"];
        const long Limit = 10 * 1024;
        const long HalfLimit = (Limit * 2) - 1;
        int unit = 0;
        if (Int128.Abs(size) >= Limit)
        {
            size >>= 9;   // keeps one bit for rounding
            unit = 1;
            while (unit < units.Length - 1 && Int128.Abs(size) >= HalfLimit)
            {
                size >>= 10;
                unit++;
            }
            size = (size > 0 ? size + 1 : size) / 2;
        }
        return string.Create(CultureInfo.InvariantCulture, $"{size} {units[unit]}");
    }

    /// <summary>There is one role, which may do everything: what is asked about must be there, and so must the privilege.</summary>
    private static void AddPrivileges(List<ScalarFunction> functions)
    {
        string[] table = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"];
        AddPrivilege(functions, "has_table_privilege", SqlTypeId.RegClass, table);
        AddPrivilege(functions, "has_any_column_privilege", SqlTypeId.RegClass, ["SELECT", "INSERT", "UPDATE", "REFERENCES"]);
        AddPrivilege(functions, "has_sequence_privilege", SqlTypeId.RegClass, ["USAGE", "SELECT", "UPDATE"]);
        AddPrivilege(functions, "has_schema_privilege", SqlTypeId.RegNamespace, ["CREATE", "USAGE"]);
        AddPrivilege(functions, "has_function_privilege", SqlTypeId.RegProcedure, ["EXECUTE"]);
        AddPrivilege(functions, "has_type_privilege", SqlTypeId.RegType, ["USAGE"]);
        AddPrivilege(functions, "has_database_privilege", SqlTypeId.Unknown, ["CREATE", "CONNECT", "TEMPORARY", "TEMP"]);
        AddPrivilege(functions, "has_tablespace_privilege", SqlTypeId.Unknown, ["CREATE"]);
        AddPrivilege(functions, "has_language_privilege", SqlTypeId.Unknown, ["USAGE"]);
        AddPrivilege(functions, "pg_has_role", SqlTypeId.Unknown, ["MEMBER", "USAGE", "SET"]);
        AddColumnPrivilege(functions);
    }

    private static void AddPrivilege(List<ScalarFunction> functions, string name, SqlTypeId kind, string[] privileges)
    {
        foreach (SqlType subject in new[] { SqlType.Oid, SqlType.Text })
        {
            SqlType shown = subject;
            Add(functions, name, SqlType.Boolean, [subject, SqlType.Text], RowKernels.Value((in RowReader row) => Check(row, 0, shown)));
            foreach (SqlType user in new[] { SqlType.Name, SqlType.Oid })
            {
                Add(functions, name, SqlType.Boolean, [user, subject, SqlType.Text], RowKernels.Value((in RowReader row) => Check(row, 1, shown)));
            }
        }

        bool Check(in RowReader row, int at, SqlType subject)
        {
            if (kind != SqlTypeId.Unknown && subject.Id == SqlTypeId.Text)
            {
                EnsureThere(row, kind, row.String(at));
            }
            EnsurePrivilege(row.String(at + 1), privileges);
            return true;
        }
    }

    private static void AddColumnPrivilege(List<ScalarFunction> functions)
    {
        const string Name = "has_column_privilege";
        string[] privileges = ["SELECT", "INSERT", "UPDATE", "REFERENCES"];
        foreach (SqlType table in new[] { SqlType.Oid, SqlType.Text })
        {
            foreach (SqlType column in new[] { SqlType.Int16, SqlType.Text })
            {
                (SqlType tableType, SqlType columnType) = (table, column);
                Add(functions, Name, SqlType.Boolean, [table, column, SqlType.Text], RowKernels.Value((in RowReader row) => Check(row, 0, tableType, columnType)));
                Add(functions, Name, SqlType.Boolean, [SqlType.Name, table, column, SqlType.Text], RowKernels.Value((in RowReader row) => Check(row, 1, tableType, columnType)));
            }
        }

        bool Check(in RowReader row, int at, SqlType table, SqlType column)
        {
            int oid = table.Id == SqlTypeId.Oid ? Oid(row, at) : EnsureThere(row, SqlTypeId.RegClass, row.String(at));
            if (column.Id == SqlTypeId.Text && row.Statement.Definitions?.HasColumn(oid, row.String(at + 1)) == false)
            {
                throw Error.ColumnOfRelationNotFound(row.String(at + 1), row.Statement.RelationName(oid) ?? "");
            }
            EnsurePrivilege(row.String(at + 2), privileges);
            return true;
        }
    }

    private static int EnsureThere(in RowReader row, SqlTypeId kind, string name) => row.Statement.FindObject(kind, name) ?? throw (kind switch
    {
        SqlTypeId.RegNamespace => new PhantomDbException(SqlStates.InvalidSchemaName, $"schema \"{name}\" does not exist"),
        SqlTypeId.RegType => Error.TypeNotFound(name, -1),
        SqlTypeId.RegProcedure => new PhantomDbException(SqlStates.UndefinedFunction, $"function \"{name}\" does not exist"),
        _ => Error.RelationNotFound(name, -1),
    });

    private static void EnsurePrivilege(string text, string[] known)
    {
        foreach (string part in text.Split(','))
        {
            string privilege = part.Trim().ToUpperInvariant();
            privilege = privilege.EndsWith(" WITH GRANT OPTION", StringComparison.Ordinal) ? privilege[..^18]
                : privilege.EndsWith(" WITH ADMIN OPTION", StringComparison.Ordinal) ? privilege[..^18] : privilege;
            if (!known.Contains(privilege))
            {
                throw new PhantomDbException(SqlStates.InvalidParameterValue, $"unrecognized privilege type: \"{part.Trim()}\"");
            }
        }
    }

    /// <summary>What clients ask a server about itself.</summary>
    private static void AddServer(List<ScalarFunction> functions)
    {
        NullableText(functions, "pg_encoding_to_char", SqlType.Name, [SqlType.Int32], (in RowReader row) => row.Value<int>(0) switch { 6 => "UTF8", 0 => "SQL_ASCII", _ => "" });
        Add(functions, "pg_char_to_encoding", SqlType.Int32, [SqlType.Name], RowKernels.Value((in RowReader row) =>
            row.String(0).Replace("-", "", StringComparison.Ordinal).ToUpperInvariant() == "UTF8" ? 6 : -1));
        NullableText(functions, "getdatabaseencoding", SqlType.Name, [], (in RowReader _) => "UTF8");
        Add(functions, "pg_is_in_recovery", SqlType.Boolean, [], RowKernels.Value((in RowReader _) => false));
        NullableText(functions, "pg_tablespace_location", [SqlType.Oid], (in RowReader _) => "");
        Add(functions, "pg_my_temp_schema", SqlType.Oid, [], RowKernels.Value((in RowReader _) => 0L));
        Add(functions, "pg_is_other_temp_schema", SqlType.Boolean, [SqlType.Oid], RowKernels.Value((in RowReader _) => false));
    }

    private static int Oid(in RowReader row, int argument) => (int)row.Value<long>(argument);

    private static int Relation(in RowReader row) =>
        row.Statement.FindRelation(row.String(0)) ?? throw Error.RelationNotFound(row.String(0), -1);

    private delegate string? TextOf(in RowReader row);

    private static void NullableText(List<ScalarFunction> functions, string name, SqlType[] parameters, TextOf text) => NullableText(functions, name, SqlType.Text, parameters, text);

    private static void NullableText(List<ScalarFunction> functions, string name, SqlType result, SqlType[] parameters, TextOf text) =>
        Add(functions, name, result, parameters, RowKernels.NullableText((in RowReader row, TextBuffer output) =>
        {
            string? value = text(row);
            output.Append(value ?? "");
            return value is not null;
        }));

    private static void Add(List<ScalarFunction> functions, string name, SqlType result, SqlType[] parameters, ScalarKernel kernel) =>
        functions.Add(new BoundScalarFunction(name, result, parameters, kernel) { Volatility = Volatility.Stable, IsFallible = true });
}
