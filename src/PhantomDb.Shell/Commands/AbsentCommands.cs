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
