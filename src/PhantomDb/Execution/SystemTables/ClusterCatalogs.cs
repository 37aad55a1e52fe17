using PhantomDb.Execution.Settings;
using PhantomDb.Types;
using RowMaker = System.Func<PhantomDb.Execution.SystemTables.SystemScan, System.Collections.Generic.IEnumerable<object?[]>>;

namespace PhantomDb.Execution.SystemTables;

/// <summary>Catalogs of what databases share: the databases, the one role, the tablespace, settings, time zones.</summary>
internal static class ClusterCatalogs
{
    private const int DefaultTablespace = 1663;

    public static readonly KeyValuePair<(string Schema, string Name), RowMaker>[] All =
    [
        Of("pg_database", Databases), Of("pg_authid", Roles), Of("pg_roles", Roles), Of("pg_user", Users), Of("pg_shadow", Users),
        Of("pg_tablespace", Tablespaces), Of("pg_settings", SettingList), Of("pg_timezone_names", TimeZones),
    ];

    private static KeyValuePair<(string, string), RowMaker> Of(string name, RowMaker rows) => new((SystemRelations.PgCatalog, name), rows);

    private static IEnumerable<object?[]> Databases(SystemScan scan) =>
        scan.Objects.Surroundings.DatabaseNames.Append(scan.Objects.DatabaseName).Distinct().Order(StringComparer.Ordinal).Select(name => scan.Row(
            ("oid", SystemObjects.DatabaseOid(name)), ("datname", name), ("datdba", SystemObjects.OwnerOid), ("encoding", 6), ("datlocprovider", 'c'),
            ("datistemplate", false), ("datallowconn", true), ("datconnlimit", -1), ("datfrozenxid", "0"), ("datminmxid", "0"),
            ("dattablespace", DefaultTablespace), ("datcollate", "C"), ("datctype", "C")));

    /// <summary>There is one role, which may do everything.</summary>
    private static IEnumerable<object?[]> Roles(SystemScan scan) =>
    [
        scan.Row(
            ("oid", SystemObjects.OwnerOid), ("rolname", scan.Objects.UserName), ("rolsuper", true), ("rolinherit", true), ("rolcreaterole", true),
            ("rolcreatedb", true), ("rolcanlogin", true), ("rolreplication", true), ("rolbypassrls", true), ("rolconnlimit", -1)),
    ];

    private static IEnumerable<object?[]> Users(SystemScan scan) =>
    [
        scan.Row(
            ("usename", scan.Objects.UserName), ("usesysid", SystemObjects.OwnerOid), ("usecreatedb", true), ("usesuper", true), ("userepl", true),
            ("usebypassrls", true)),
    ];

    private static IEnumerable<object?[]> Tablespaces(SystemScan scan) =>
        [scan.Row(("oid", DefaultTablespace), ("spcname", "pg_default"), ("spcowner", SystemObjects.OwnerOid))];

    private static IEnumerable<object?[]> SettingList(SystemScan scan)
    {
        string? wanted = scan.Text("name");
        foreach ((string name, string value, _) in scan.Settings.All.Where(setting => wanted is null || setting.Name == wanted))
        {
            SettingDefinition? definition = SettingDefinitions.ByName.GetValueOrDefault(name);
            yield return scan.Row(
                ("name", name), ("setting", value), ("category", definition is null ? "Customized Options" : definition.IsOfDatabase ? "Write-Ahead Log / Snapshots" : "Client Connection Defaults"), ("short_desc", definition?.Description ?? ""),
                ("context", definition?.IsReadOnly == true ? "internal" : definition?.IsOfDatabase == true ? "sighup" : "user"), ("vartype", definition?.Default is "on" || definition is { Default: SettingDefinitions.Off, IsOfDatabase: false } ? "bool" : "string"),
                ("source", definition is not null && value == definition.Default ? "default" : definition?.IsReadOnly == true ? "override" : definition?.IsOfDatabase == true ? "database" : "session"), ("boot_val", definition?.Default),
                ("reset_val", definition?.Default), ("pending_restart", false));
        }
    }

    private static IEnumerable<object?[]> TimeZones(SystemScan scan)
    {
        foreach (TimeZoneInfo zone in TimeZoneInfo.GetSystemTimeZones())
        {
            TimeSpan offset = zone.GetUtcOffset(DateTime.UtcNow);
            yield return scan.Row(
                ("name", zone.Id), ("abbrev", zone.BaseUtcOffset == TimeSpan.Zero && zone.Id == "UTC" ? "UTC" : offset.ToString(@"hh\:mm", System.Globalization.CultureInfo.InvariantCulture)),
                ("utc_offset", new Interval(0, 0, offset.Ticks / 10)), ("is_dst", zone.IsDaylightSavingTime(DateTime.UtcNow)));
        }
    }
}
