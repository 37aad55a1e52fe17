namespace PhantomDb.Functions;

/// <summary>
/// Functions and operators of one theme, which are made when one of their names is first looked for: their kernels are hundreds of methods over many types, which
/// a program that starts, asks something and ends should not have to load.
/// </summary>
/// <param name="AddTo">Makes them.</param>
/// <param name="Names">All their names; a test compares.</param>
internal sealed record FunctionTheme(Action<List<ScalarFunction>> AddTo, string[] Names)
{
    private ScalarFunction[]? _functions;

    /// <summary>In the order of overloads of one name: that of the themes, and of the functions in each.</summary>
    public static IReadOnlyList<FunctionTheme> All { get; } =
    [
        new(ArithmeticFunctions.AddTo, ["+", "-", "*", "/", "%", "mod", "abs", "@", "&", "|", "#", "~", "<<", ">>"]),
        new(NumericArithmetic.AddTo, ["+", "-", "*", "/", "%", "mod", "abs", "@"]),
        new(TextFunctions.AddTo,
        [
            "length", "char_length", "character_length", "octet_length", "bit_length", "substring", "substr", "left", "right", "split_part", "strpos", "position",
            "starts_with", "^@", "btrim", "ltrim", "rtrim", "lower", "upper", "initcap", "reverse", "repeat", "lpad", "rpad", "replace", "translate", "overlay",
            "ascii", "chr", "to_hex", "||", "concat", "concat_ws", "md5", "sha256", "sha384", "sha512", "encode", "decode",
        ]),
        new(PatternFunctions.AddTo, ["~~", "!~~", "~~*", "!~~*", "like_escape", "~", "!~", "~*", "!~*", "similar_to_escape", "substring"]),
        new(QuotingFunctions.AddTo, ["quote_ident", "quote_literal", "quote_nullable", "format"]),
        new(MathFunctions.AddTo,
        [
            "ceil", "ceiling", "floor", "trunc", "round", "sign", "trim_scale", "scale", "min_scale", "sqrt", "|/", "cbrt", "||/", "exp", "ln", "log", "log10",
            "^", "power", "pow", "sin", "cos", "tan", "cot", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "degrees",
            "radians", "pi", "factorial", "gcd", "lcm", "div", "random", "setseed", "width_bucket",
        ]),
        new(DateTimeFunctions.AddTo,
        [
            "+", "-", "*", "/", "justify_hours", "justify_days", "justify_interval", "now", "current_timestamp", "transaction_timestamp", "statement_timestamp",
            "clock_timestamp", "pg_sleep", "current_date", "localtimestamp", "localtime", "isfinite", "extract", "date_part", "date_trunc", "date_bin", "age",
            "make_date", "make_time", "make_timestamp", "make_timestamptz", "make_interval", "to_timestamp", "timezone",
        ]),
        new(SystemFunctions.AddTo,
        [
            "version", "current_database", "current_catalog", "current_user", "session_user", "user", "current_role", "current_schema", "pg_typeof",
            "current_setting", "set_config", "nextval", "currval", "lastval", "setval", "pg_backend_pid", "pg_cancel_backend", "pg_terminate_backend",
            "pg_blocking_pids", "phantomdb_last_lsn", "phantomdb_log_append", "txid_current", "txid_current_if_assigned", "pg_current_xact_id",
            "pg_current_xact_id_if_assigned", "gen_random_uuid", "num_nulls", "num_nonnulls",
        ]),
        new(CatalogFunctions.AddTo,
        [
            "pg_get_constraintdef", "pg_get_indexdef", "pg_get_viewdef", "pg_get_expr", "pg_get_function_arguments", "pg_get_function_identity_arguments",
            "pg_get_function_result", "pg_get_serial_sequence", "pg_get_userbyid", "pg_get_functiondef", "pg_get_triggerdef", "pg_get_ruledef",
            "pg_get_statisticsobjdef", "pg_get_statisticsobjdef_columns", "pg_get_partkeydef", "pg_get_partition_constraintdef", "pg_get_function_sqlbody",
            "format_type", "to_regclass", "to_regtype", "to_regnamespace", "to_regrole", "to_regproc", "to_regprocedure", "current_schemas", "obj_description",
            "col_description", "shobj_description", "pg_table_is_visible", "pg_type_is_visible", "pg_function_is_visible", "pg_operator_is_visible",
            "pg_opclass_is_visible", "pg_opfamily_is_visible", "pg_collation_is_visible", "pg_conversion_is_visible", "pg_statistics_obj_is_visible",
            "pg_ts_config_is_visible", "pg_ts_dict_is_visible", "pg_ts_parser_is_visible", "pg_ts_template_is_visible", "pg_relation_is_publishable",
            "pg_relation_is_updatable", "pg_relation_size", "pg_table_size", "pg_total_relation_size", "pg_indexes_size", "pg_database_size", "pg_size_pretty",
            "has_table_privilege", "has_any_column_privilege", "has_sequence_privilege", "has_schema_privilege", "has_function_privilege", "has_type_privilege",
            "has_database_privilege", "has_tablespace_privilege", "has_language_privilege", "pg_has_role", "has_column_privilege", "pg_encoding_to_char",
            "pg_char_to_encoding", "getdatabaseencoding", "pg_is_in_recovery", "pg_tablespace_location", "pg_my_temp_schema", "pg_is_other_temp_schema",
        ]),
        new(ArrayFunctions.AddTo,
        [
            "array_to_string", "array_length", "array_upper", "array_lower", "cardinality", "array_ndims", "array_append", "array_remove", "array_position",
            "array_cat", "string_to_array",
        ]),
        new(ExtremeFunctions.AddTo, ["greatest", "least"]),
        new(FormattingFunctions.AddTo, ["to_char", "to_date", "to_timestamp", "to_number"]),
        new(ByteaFunctions.AddTo, ["get_byte", "set_byte", "overlay", "get_bit", "set_bit", "bit_count", "btrim", "ltrim", "rtrim", "convert_from", "convert_to", "convert", "length"]),
        new(DegreeFunctions.AddTo, ["sind", "cosd", "tand", "cotd", "asind", "acosd", "atand", "atan2d"]),
        new(OverlapFunctions.AddTo, ["overlaps"]),
        new(RegexFunctions.AddTo, ["regexp_like", "regexp_count", "regexp_instr", "regexp_substr", "regexp_replace"]),
        new(UnicodeFunctions.AddTo, ["unistr", "normalize", "is_normalized", "pg_client_encoding"]),
    ];

    public IReadOnlyList<ScalarFunction> Functions => _functions ?? Make();

    private ScalarFunction[] Make()
    {
        var functions = new List<ScalarFunction>();
        AddTo(functions);
        return Interlocked.CompareExchange(ref _functions, [.. functions], null) ?? _functions;   // made twice at worst: all see one
    }
}
