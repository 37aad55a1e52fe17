using PhantomDb.Errors;

namespace PhantomDb.Shell.Commands;

/// <summary>Where an SQL command is described: its syntax is PostgreSQL's, and what differs is in the project's own page.</summary>
internal static class SyntaxHelp
{
    private static readonly string[] Commands =
    [
        "ALTER DATABASE", "ALTER INDEX", "ALTER SCHEMA", "ALTER SEQUENCE", "ALTER TABLE", "ALTER VIEW", "ANALYZE", "BEGIN", "CHECKPOINT", "COMMENT", "COMMIT", "COPY", "CREATE DATABASE", "CREATE INDEX",
        "CREATE SCHEMA", "CREATE SEQUENCE", "CREATE TABLE", "CREATE TABLE AS", "CREATE VIEW", "DEALLOCATE", "DELETE", "DISCARD", "DROP DATABASE", "DROP INDEX", "DROP SCHEMA", "DROP SEQUENCE",
        "DROP TABLE", "DROP VIEW", "EXECUTE", "EXPLAIN", "INSERT", "LOCK", "PREPARE", "REINDEX", "RELEASE SAVEPOINT", "RESET", "ROLLBACK", "ROLLBACK TO SAVEPOINT", "SAVEPOINT", "SELECT",
        "SET", "SET CONSTRAINTS", "SET TRANSACTION", "SHOW", "START TRANSACTION", "TRUNCATE", "UPDATE", "VACUUM", "VALUES",
    ];

    /// <summary>For a command, or the beginning of some; empty: the list of all.</summary>
    public static string Of(string command)
    {
        string wanted = string.Join(' ', command.TrimEnd(';', ' ', '\t', '*').ToUpperInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries));
        string[] found = wanted is "WITH" or "TABLE" ? ["SELECT"] : [.. Commands.Where(known => known == wanted)];
        if (found.Length == 0)
        {
            found = [.. Commands.Where(known => known.StartsWith(wanted, StringComparison.Ordinal))];
        }
        if (wanted.Length == 0)
        {
            return $"Commands of SQL (\\h COMMAND tells where one is described):\n{string.Concat(found.Select(known => $"  {known}\n"))}";
        }
        if (found.Length == 0)
        {
            throw new PhantomDbException("42704", $"there is no SQL command {wanted}") { Hint = Spelling.Nearest(wanted, Commands) is { } near ? $"Perhaps you meant {near}." : "\\h lists them." };
        }
        return string.Concat(found.Select(known => $"{known}: https://www.postgresql.org/docs/15/sql-{known.Replace(" ", Hyphens(known), StringComparison.Ordinal).ToLowerInvariant()}.html\n"))
            + "The syntax is PostgreSQL 15's. docs/sql.md says what of it is there, and what differs.\n";
    }

    // As the pages are named.
    private static string Hyphens(string command) => command.StartsWith("SET ", StringComparison.Ordinal) || command is "START TRANSACTION" or "ROLLBACK TO SAVEPOINT" or "RELEASE SAVEPOINT" ? "-" : "";
}
