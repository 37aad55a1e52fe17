using System.Globalization;
using PhantomDb.Errors;
using PhantomDb.Types;

namespace PhantomDb.Execution.Settings;

/// <summary>
/// Every setting that PhantomDB knows. docs/settings.md lists them for users, and a test compares the two. Where
/// PostgreSQL has values that are not there, setting them is an error (0A000), never without effect.
/// </summary>
internal static class SettingDefinitions
{
    /// <summary>The least that work_mem may be, in kilobytes.</summary>
    private const long WorkMemoryMinimum = 64;

    public static readonly Dictionary<string, SettingDefinition> ByName = new[]
    {
        Number("statement_timeout", 0, SettingUnit.Milliseconds, SettingEffect.Works,
            "Sets the maximum allowed duration of any statement; 0 is no limit."),
        Number("lock_timeout", 0, SettingUnit.Milliseconds, SettingEffect.Works,
            "Sets the maximum allowed duration of any wait for a lock; 0 is no limit."),
        Number("idle_in_transaction_session_timeout", 0, SettingUnit.Milliseconds, SettingEffect.Works,
            "Sets the maximum allowed idle time between statements, when in a transaction."),
        Number("idle_session_timeout", 0, SettingUnit.Milliseconds, SettingEffect.Works,
            "Sets the maximum allowed idle time between statements, when not in a transaction."),
        Number("log_min_duration_statement", -1, SettingUnit.Milliseconds, SettingEffect.Works,
            "Sets the minimum duration from which on statements are told of as slow; 0 is all, -1 none.", -1),
        Number("work_mem", WorkMemoryMinimum, SettingUnit.Kilobytes, SettingEffect.Works,
            "Sets the maximum memory of a statement beside the tables; beyond it the statement fails with 53200.", WorkMemoryMinimum),
        new("search_path", "\"$user\", public", SettingEffect.Works,
            "Sets the schema search order for names that are not schema-qualified.", SearchPath) { List = SettingList.Identifiers },
        new("TimeZone", "UTC", SettingEffect.Works,
            "Sets the time zone for displaying and interpreting time stamps.", TimeZoneName),
        Choice("client_min_messages", "notice", SettingEffect.Works, "Sets the message levels that are sent to the client.",
            "debug5", "debug4", "debug3", "debug2", "debug1", "log", "notice", "warning", "error"),
        new("application_name", "", SettingEffect.Works, "Sets the name by which the session can be recognized.", Any),

        Boolean("snapshot_enabled", "on", SettingEffect.Works, "Takes snapshots of the database in the background.") with { IsOfDatabase = true },
        Number("snapshot_interval", 1000, SettingUnit.None, SettingEffect.Works, "Sets the number of changed rows between two snapshots.", 1) with { IsOfDatabase = true },
        NumberOrOff("snapshot_log_size", SettingUnit.Bytes, "Sets the amount of log between two snapshots; off is any.") with { IsOfDatabase = true },
        NumberOrOff("snapshot_period", SettingUnit.Milliseconds, "Sets the time between two snapshots while there are changes; off is any.") with { IsOfDatabase = true },
        Fixed("data_directory", "", "Shows the folder of the database's files; nothing in memory.") with { IsReadOnly = true, IsOfDatabase = true },

        Encoding("client_encoding"),
        Fixed("server_encoding", "UTF8", "Shows the encoding of texts.") with { IsReadOnly = true },
        Boolean("standard_conforming_strings", "on", SettingEffect.Fixed, "Causes '...' strings to treat backslashes literally.", only: "on"),
        Boolean("default_with_oids", "off", SettingEffect.Fixed, "Creates new tables with OIDs.", only: "off", "tables declared WITH OIDS are not supported"),
        new("DateStyle", "ISO, MDY", SettingEffect.Fixed, "Sets the display format for date and time values.", DateStyle) { List = SettingList.Words },
        Choice("IntervalStyle", "postgres", SettingEffect.Fixed, "Sets the display format for interval values.",
            "postgres", "postgres_verbose", "sql_standard", "iso_8601"),
        Choice("bytea_output", "hex", SettingEffect.Fixed, "Sets the output format for bytea.", "hex", "escape"),
        Digits("extra_float_digits"),
        Choice("default_transaction_isolation", "read committed", SettingEffect.Works, "Sets the transaction isolation level of each new transaction.",
            "read committed", "read uncommitted", "repeatable read", "serializable"),
        Choice("transaction_isolation", "read committed", SettingEffect.Fixed, "Sets the current transaction's isolation level.",
            "read committed", "read uncommitted", "repeatable read", "serializable") with { IsKeptByResetAll = true },
        Boolean("default_transaction_read_only", "off", SettingEffect.Works, "Sets the default read-only status of new transactions."),
        Boolean("transaction_read_only", "off", SettingEffect.Fixed, "Sets the current transaction's read-only status.", only: "off") with { IsKeptByResetAll = true },
        Boolean("default_transaction_deferrable", "off", SettingEffect.Works, "Sets the default deferrable status of new transactions."),
        Boolean("transaction_deferrable", "off", SettingEffect.Fixed, "Sets the current transaction's deferrable status.", only: "off") with { IsKeptByResetAll = true },
        Choice("session_replication_role", "origin", SettingEffect.Fixed, "Sets the session's behavior for triggers and rewrite rules.",
            "origin", "replica", "local"),
        new("default_table_access_method", "heap", SettingEffect.Fixed, "Sets the default table access method for new tables.",
            value => value == "heap" ? value : throw Error.NotSupported($"table access method \"{value}\"")),
        new("default_tablespace", "", SettingEffect.Fixed, "Sets the default tablespace to create tables and indexes in.",
            value => value is "" or "pg_default" ? value : throw Invalid("default_tablespace", value, detail: $"Tablespace \"{value}\" does not exist.")),
        new("role", "none", SettingEffect.Fixed, "Sets the current role.",
            value => value == "none" ? value : throw new PhantomDbException(SqlStates.InvalidParameterValue, $"role \"{value}\" does not exist")) { IsKeptByResetAll = true },
        new("session_authorization", UserName, SettingEffect.Fixed, "Sets the session user name.",
            value => value == UserName ? value : throw new PhantomDbException(SqlStates.InvalidParameterValue, $"role \"{value}\" does not exist")) { IsKeptByResetAll = true },
        Fixed("transaction_timeout", "0", "Sets the maximum allowed duration of a transaction (PostgreSQL 17, whose pg_dump sets it to 0)."),
        Fixed("lc_messages", "C", "Sets the language in which messages are displayed."),
        Fixed("lc_monetary", "C", "Sets the locale for formatting monetary amounts."),
        Fixed("lc_numeric", "C", "Sets the locale for formatting numbers."),
        Fixed("lc_time", "C", "Sets the locale for formatting date and time values."),
        Fixed("lc_collate", "C", "Shows the collation order locale.") with { IsReadOnly = true },
        Fixed("lc_ctype", "C", "Shows the character classification and case conversion locale.") with { IsReadOnly = true },
        Fixed("integer_datetimes", "on", "Shows whether datetimes are integer based.") with { IsReadOnly = true },
        Fixed("is_superuser", "on", "Shows whether the current user is a superuser.") with { IsReadOnly = true },
        Fixed("server_version", "15.0 (PhantomDB)", "Shows the version of PostgreSQL that PhantomDB goes by.") with { IsReadOnly = true },
        Fixed("server_version_num", "150000", "Shows that version as an integer.") with { IsReadOnly = true },
        Fixed("max_identifier_length", "63", "Shows the maximum identifier length.") with { IsReadOnly = true },
        Fixed("block_size", "8192", "Shows the size of a disk block in PostgreSQL; PhantomDB has none.") with { IsReadOnly = true },

        Number("maintenance_work_mem", 65536, SettingUnit.Kilobytes, SettingEffect.Kept, "Sets the maximum memory of maintenance operations.", 1024),
        Boolean("check_function_bodies", "on", SettingEffect.Kept, "Checks routine bodies during CREATE FUNCTION."),
        Boolean("row_security", "on", SettingEffect.Kept, "Enables row security."),
        Boolean("escape_string_warning", "on", SettingEffect.Kept, "Warns about backslash escapes in ordinary string literals."),
        Boolean("quote_all_identifiers", "off", SettingEffect.Kept, "Quotes all identifiers when generating SQL."),
        Boolean("synchronize_seqscans", "on", SettingEffect.Kept, "Enables synchronized sequential scans."),
        Choice("xmloption", "content", SettingEffect.Kept, "Sets whether XML data is a document or a content fragment.", "content", "document"),
        Choice("synchronous_commit", "on", SettingEffect.Kept, "Sets the synchronization level of commits.", "local", "remote_write", "remote_apply", "on", "off"),
    }.ToDictionary(s => s.Name, StringComparer.OrdinalIgnoreCase);

    /// <summary>No limit, where zero is none.</summary>
    public const string Off = "off";

    /// <summary>The one user there is.</summary>
    public const string UserName = "phantomdb";

    /// <summary>The schemas that a value of search_path names, in their order.</summary>
    public static IReadOnlyList<string> SplitPath(string value) =>
        IdentifierList.TrySplit(value, out List<string> names) ? names : [];

    /// <summary>A number as it was normalized, in its setting's base unit.</summary>
    public static long ToNumber(string value, SettingUnit unit) => unit.TryParse(value, out double number) ? (long)number : 0;

    /// <summary>22023 as PostgreSQL words it.</summary>
    public static PhantomDbException Invalid(string name, string value, string? hint = null, string? detail = null) =>
        new(SqlStates.InvalidParameterValue, $"invalid value for parameter \"{name}\": \"{value}\"") { Hint = hint, Detail = detail };

    private static string Any(string value) => value;

    private static SettingDefinition Fixed(string name, string value, string description) =>
        new(name, value, SettingEffect.Fixed, description,
            given => given.Equals(value, StringComparison.OrdinalIgnoreCase) ? value : throw Error.NotSupported($"{name} = \"{given}\""));

    private static SettingDefinition Choice(string name, string value, SettingEffect effect, string description, params string[] choices) =>
        new(name, value, effect, description, given =>
        {
            string chosen = choices.FirstOrDefault(c => c.Equals(given, StringComparison.OrdinalIgnoreCase))
                ?? throw Invalid(name, given, $"Available values: {string.Join(", ", choices)}.");
            return effect == SettingEffect.Fixed && chosen != value ? throw Error.NotSupported($"{name} = \"{chosen}\"") : chosen;
        });

    /// <summary>Words for true and false may be cut short as long as they are not ambiguous.</summary>
    private static SettingDefinition Boolean(string name, string value, SettingEffect effect, string description, string? only = null, string? refusal = null) =>
        new(name, value, effect, description, given =>
        {
            string lower = given.Trim().ToLowerInvariant();
            bool IsCut(string word, int minimum) => lower.Length >= minimum && word.StartsWith(lower, StringComparison.Ordinal);
            string normal = lower == "1" || IsCut("true", 1) || IsCut("yes", 1) || IsCut("on", 2) ? "on"
                : lower == "0" || IsCut("false", 1) || IsCut("no", 1) || IsCut("off", 2) ? "off"
                : throw new PhantomDbException(SqlStates.InvalidParameterValue, $"parameter \"{name}\" requires a Boolean value");
            return only is null || normal == only ? normal
                : throw (refusal is null ? Error.NotSupported($"{name} = {normal}") : new PhantomDbException(SqlStates.FeatureNotSupported, refusal));
        });

    private static SettingDefinition Number(
        string name, long value, SettingUnit unit, SettingEffect effect, string description, long minimum = 0, long maximum = int.MaxValue) =>
        new(name, unit.Print(value), effect, description, given =>
        {
            if (!unit.TryParse(given, out double number))
            {
                throw Invalid(name, given, unit.Hint);
            }
            if (Math.Abs(number) > Math.Max(maximum, int.MaxValue))
            {
                throw Invalid(name, given, "Value exceeds integer range.");
            }
            return number >= minimum && number <= maximum ? unit.Print((long)number)
                : throw new PhantomDbException(SqlStates.InvalidParameterValue, string.Create(CultureInfo.InvariantCulture,
                    $"{number}{(unit.Name.Length == 0 ? "" : " " + unit.Name)} is outside the valid range for parameter \"{name}\" ({minimum} .. {maximum})"));
        });

    private static SettingDefinition NumberOrOff(string name, SettingUnit unit, string description)
    {
        SettingDefinition number = Number(name, 1, unit, SettingEffect.Works, description, 1, unit == SettingUnit.Bytes ? 1L << 50 : int.MaxValue);
        return number with { Default = Off, Normalize = given => given.Trim().Equals(Off, StringComparison.OrdinalIgnoreCase) ? Off : number.Normalize(given) };
    }

    // Floating-point numbers are always printed so that they read back as the same; fewer digits are not to be had.
    private static SettingDefinition Digits(string name)
    {
        SettingDefinition number = Number(name, 1, SettingUnit.None, SettingEffect.Fixed, "Sets the number of digits displayed for floating-point values.", -15, 3);
        return number with
        {
            Normalize = given => number.Normalize(given) is var normal && normal is "1" or "2" or "3" ? normal : throw Error.NotSupported($"{name} = {normal}"),
        };
    }

    private static SettingDefinition Encoding(string name) =>
        new(name, "UTF8", SettingEffect.Fixed, "Sets the client's character set encoding.", given =>
        {
            string letters = string.Concat(given.Where(char.IsLetterOrDigit)).ToUpperInvariant();
            bool isEncoding = letters is "SQLASCII" or "BIG5" or "SJIS" or "UHC" or "JOHAB" or "GBK" or "GB18030"
                || letters.StartsWith("LATIN", StringComparison.Ordinal) || letters.StartsWith("ISO8859", StringComparison.Ordinal)
                || letters.StartsWith("WIN", StringComparison.Ordinal) || letters.StartsWith("EUC", StringComparison.Ordinal)
                || letters.StartsWith("KOI8", StringComparison.Ordinal);
            return letters is "UTF8" or "UNICODE" ? "UTF8" : throw (isEncoding ? Error.NotSupported($"{name} = \"{given}\"") : Invalid(name, given));
        });

    // Words in any order: an output style, and an order of day and month in input.
    private static string DateStyle(string given)
    {
        if (!IdentifierList.TrySplit(given, out List<string> words))
        {
            throw Invalid("DateStyle", given, detail: "List syntax is invalid.");
        }
        foreach (string word in words)
        {
            switch (word.ToLowerInvariant())
            {
                case "iso" or "mdy" or "us" or "default":
                    break;
                case "sql" or "postgres" or "german" or "ymd" or "dmy" or "euro" or "european" or "noneuro" or "noneuropean":
                    throw Error.NotSupported($"DateStyle \"{word}\"");
                default:
                    throw Invalid("DateStyle", given, detail: $"Unrecognized key word: \"{word}\".");
            }
        }
        return "ISO, MDY";
    }

    private static string SearchPath(string given) =>
        IdentifierList.TrySplit(given, out _) ? given : throw Invalid("search_path", given, detail: "List syntax is invalid.");

    /// <summary>A name, or a number of hours east of Greenwich.</summary>
    private static string TimeZoneName(string given)
    {
        if (given.Equals("local", StringComparison.OrdinalIgnoreCase) || given.Equals("default", StringComparison.OrdinalIgnoreCase))
        {
            return "UTC";
        }
        if (double.TryParse(given, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double hours) && Math.Abs(hours) <= 167)
        {
            return SessionTimeZone.FromOffset((int)Math.Round(hours * 3600)).Name;
        }
        return SessionTimeZone.TryFind(given, out SessionTimeZone zone) ? zone.Name : throw Invalid("TimeZone", given);
    }
}
