namespace PhantomDb.Shell.Commands;

/// <summary>Commands of psql and sqlite3 that there are not, and what comes nearest: better than the name that is spelt most like theirs.</summary>
internal static class AbsentCommands
{
    private static readonly (string[] Names, string Message, string Hint)[] Known =
    [
        (["\\set", "\\unset", "\\gset", "\\prompt", "\\getenv", ".parameter", ".param"], "the shell has no variables", "A favorite takes values: .favorite NAME = SELECT $1, then .favorite NAME VALUE."),
        (["\\if", "\\elif", "\\else", "\\endif"], "the shell has no conditions", ".bail says whether a script goes on after an error."),
        (["\\gexec", "\\gdesc", "\\crosstabview", "\\bind"], "the shell runs a statement with \\g or \\gx alone", "\\gx writes a value a line, .once FILE to a file, .watch runs it again and again."),
        (["\\dx", "\\dx+"], "PhantomDB has no extensions", "\\df lists the functions that are built in."),
        (["\\z", "\\dp", "\\ddp", "\\drds", "\\password"], "PhantomDB has no privileges and passwords", "Who can read a database's files can open it; --read-only opens it for reading alone."),
        (["\\db", "\\dD", "\\dE", "\\dm", "\\dy", "\\dF", "\\dL"], "PhantomDB has no tablespaces, domains, foreign tables, materialized views, triggers and languages", "\\d lists the relations that there are."),
        (["\\sf", "\\ef", "\\ev"], "PhantomDB has no functions of the user's own, and no editor for views", "\\sv VIEW and .schema VIEW show a view's definition."),
        (["\\cd", ".cd"], "the shell stays in its folder", "Name files by their path; the options -d and DATABASE say where databases are."),
        (["\\s"], "the shell does not write its history", "The arrows and Ctrl-R find earlier entries; the file is named in docs/shell.md."),
        ([".restore", ".clone"], "the shell has no such copy", "phantomdb restore makes a database of a backup, .open FILE opens one, .save FILE writes one."),
        ([".changes"], "a statement's tag says how many rows it changed", "-q leaves the tags out."),
        ([".echo"], "the shell does not repeat what it runs", "\\p writes the last statement, .print TEXT what a script wants to say; an error shows its line."),
        ([".stats", ".scanstats"], "there are no statistics of the shell", ".timer on gives each statement's time, EXPLAIN ANALYZE what it did, \\dt+ the sizes of tables."),
        ([".excel"], "the shell starts no other program with rows", ".export FILE.csv TABLE writes a file that a spreadsheet opens."),
        ([".log", "\\L"], "the shell keeps no log", "Errors and notices go to standard error: 2>FILE keeps them; phantomdb log NAME shows a database's log."),
        ([".timeout"], "times are settings", "SET lock_timeout = '5s' ends a wait for another session, SET statement_timeout = '5s' a statement."),
        ([".prompt"], "the prompt stays as it is", "It names the database; * is an open transaction, ! one that has failed."),
        (["\\H", "\\T", "\\C"], "no mode writes HTML, and no table has a title", ".mode lists what there is, such as markdown; .separator TEXT is for mode list."),
        (["\\errverbose"], "an error is told as a whole at once", "Its SQLSTATE comes first, then its place, DETAIL, HINT and CONTEXT where there are any."),
        ([".eqp", ".expert"], "plans are shown by EXPLAIN and EXPLAIN ANALYZE", ".explain says how."),
    ];

    public static void ThrowIfKnown(string name)
    {
        foreach ((string[] names, string message, string hint) in Known)
        {
            if (names.Contains(name, StringComparer.Ordinal))
            {
                throw new PhantomDbException("0A000", $"{name}: {message}") { Hint = hint };
            }
        }
    }
}
