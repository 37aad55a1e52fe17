using System.Collections.Frozen;
using System.Globalization;

namespace PhantomDb.Execution.Settings;

/// <summary>
/// Every setting that PhantomDB knows. Three kinds: those that change what a statement does; those with one value that it
/// always has (any other is refused, so that nobody relies on what is not there); and those of PostgreSQL's that have no
/// meaning in a database without server, roles and storage parameters, which are kept and shown but change nothing:
/// pg_dump's scripts set them. docs/settings.md lists them for users.
/// </summary>
internal static class SettingDefinitions
{
    public static readonly FrozenDictionary<string, SettingDefinition> ByName = new SettingDefinition[]
    {
        // Settings that change what a statement does.
        Duration("statement_timeout", "0"),
        Memory("work_mem", "0"),
        new("search_path", "\"$user\", public", SearchPath),
        new("timezone", "UTC", TimeZoneName) { Hint = "Use an IANA name such as Europe/Berlin, or an offset such as +02." },
        Choice("client_min_messages", "notice", "debug5", "debug4", "debug3", "debug2", "debug1", "debug", "log", "notice", "info", "warning", "error"),
        new("application_name", "", Any),

        // One value, which they always have.
        Fixed("client_encoding", "UTF8", "utf8", "utf-8", "unicode"),
        Fixed("server_encoding", "UTF8") with { IsReadOnly = true },
        Fixed("standard_conforming_strings", "on", "true", "yes", "1"),
        Fixed("datestyle", "ISO, MDY", "iso", "iso,mdy", "iso, mdy"),
        Fixed("intervalstyle", "postgres"),
        Fixed("bytea_output", "hex"),
        Fixed("extra_float_digits", "1", "1", "2", "3"),
        Fixed("default_with_oids", "off", "false", "no", "0"),
        Fixed("default_transaction_isolation", "read committed"),
        Fixed("transaction_isolation", "read committed"),
        Fixed("default_transaction_read_only", "off", "false", "no", "0"),
        Fixed("integer_datetimes", "on") with { IsReadOnly = true },
        Fixed("lc_collate", "C") with { IsReadOnly = true },
        Fixed("lc_ctype", "C") with { IsReadOnly = true },
        Fixed("lc_messages", "C"),
        Fixed("lc_monetary", "C"),
        Fixed("lc_numeric", "C"),
        Fixed("lc_time", "C"),
        Fixed("server_version", "15.0 (PhantomDB)") with { IsReadOnly = true },
        Fixed("server_version_num", "150000") with { IsReadOnly = true },
        Fixed("max_identifier_length", "63") with { IsReadOnly = true },
        Fixed("default_tablespace", "", "''"),
        Fixed("default_table_access_method", "heap"),
        Fixed("session_replication_role", "origin"),

        // No meaning here; kept and shown, so that scripts which set them run.
        Duration("lock_timeout", "0"),
        Duration("idle_in_transaction_session_timeout", "0"),
        Duration("idle_session_timeout", "0"),
        Duration("transaction_timeout", "0"),
        Boolean("check_function_bodies", "on"),
        Boolean("row_security", "on"),
        Boolean("escape_string_warning", "on"),
        Boolean("quote_all_identifiers", "off"),
        Choice("xmloption", "content", "content", "document"),
        Choice("synchronous_commit", "on", "on", "off", "local", "remote_write", "remote_apply"),
        Memory("maintenance_work_mem", "65536"),
    }.ToFrozenDictionary(s => s.Name, StringComparer.OrdinalIgnoreCase);

    private static string? Any(string value) => value;

    private static SettingDefinition Fixed(string name, string value, params string[] spellings) =>
        new(name, value, given => given.Equals(value, StringComparison.OrdinalIgnoreCase)
            || spellings.Contains(given, StringComparer.OrdinalIgnoreCase) ? value : null)
        {
            Hint = $"The one value of \"{name}\" is \"{value}\".",
        };

    private static SettingDefinition Choice(string name, string value, params string[] choices) =>
        new(name, value, given => choices.FirstOrDefault(c => c.Equals(given, StringComparison.OrdinalIgnoreCase)))
        {
            Hint = $"Available values: {string.Join(", ", choices)}.",
        };

    private static SettingDefinition Boolean(string name, string value) => new(name, value, given => given.ToLowerInvariant() switch
    {
        "on" or "true" or "yes" or "1" or "t" or "y" => "on",
        "off" or "false" or "no" or "0" or "f" or "n" => "off",
        _ => null,
    })
    {
        Hint = "Available values: on, off.",
    };

    /// <summary>Milliseconds, or a number with a unit; held as milliseconds.</summary>
    private static SettingDefinition Duration(string name, string value) => new(name, value, given =>
        Scale(given, 1, ("us", 0.001), ("ms", 1), ("s", 1000), ("min", 60_000), ("h", 3_600_000), ("d", 86_400_000)))
    {
        Hint = "Valid units for this parameter are \"us\", \"ms\", \"s\", \"min\", \"h\", and \"d\".",
    };

    /// <summary>Kilobytes, or a number with a unit; held as kilobytes.</summary>
    private static SettingDefinition Memory(string name, string value) => new(name, value, given =>
        Scale(given, 1, ("B", 1.0 / 1024), ("kB", 1), ("MB", 1024), ("GB", 1024 * 1024), ("TB", 1024.0 * 1024 * 1024)))
    {
        Hint = "Valid units for this parameter are \"B\", \"kB\", \"MB\", \"GB\", and \"TB\".",
    };

    private static string? Scale(string given, double unit, params (string Suffix, double Factor)[] units)
    {
        string text = given.Trim();
        int digits = 0;
        while (digits < text.Length && (char.IsAsciiDigit(text[digits]) || text[digits] == '.'))
        {
            digits++;
        }
        string suffix = text[digits..].Trim();
        double factor = unit;
        if (suffix.Length > 0)
        {
            factor = units.FirstOrDefault(u => u.Suffix == suffix).Factor;
        }
        return factor > 0
            && double.TryParse(text.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)
            && Math.Round(number * factor) is var scaled && scaled <= int.MaxValue
            ? ((long)scaled).ToString(CultureInfo.InvariantCulture)
            : null;
    }

    private static string? SearchPath(string value) => value;

    private static string? TimeZoneName(string value) =>
        value.Equals("local", StringComparison.OrdinalIgnoreCase) || value.Equals("default", StringComparison.OrdinalIgnoreCase) ? "UTC"
        : Types.SessionTimeZone.TryFind(value, out Types.SessionTimeZone zone) ? zone.Name : null;
}
