namespace PhantomDb.Shell.Tools;

/// <summary><c>phantomdb serve</c>: keeps a database open as a process of its own until it is told to end. How is in <see cref="ServeHost"/>.</summary>
internal static class ServeTool
{
    public static readonly ToolCommand Serve = new("serve", "NAME", "Keeps a database open until SIGTERM or Ctrl-C, as a service does: holds its lock, takes its snapshots, tidies its log.",
        """
        NAME is a name in the data directory, or a path of a .db file; the database must be there.
        It has no network yet: nobody can change the database meanwhile, since the lock is held (55006). What only reads works beside it: phantomdb --read-only NAME,
        the tools files, verify and log.
        One line on standard output says when it is open; what happens then goes to standard error. SIGTERM, Ctrl-C or SIGHUP ends it in order: what is
        committed is on the disk, the lock is free. A second signal ends it at once, as a crash would.
        Exit codes: 0 ended in order; 1 it could not be opened, or not closed in order; 2 wrong usage; 128 + N a second signal, N.
        """,
        [
            new(["--sync"], "POLICY", "when a commit is acknowledged: always (the default), interval, interval=MS or none"),
            new(["--segment-size", "-s"], "MB", "size of a segment of the log (default: 64)"),
        ], run => ServeHost.Run(run.Argument, run.DurableOptions("--sync", "--segment-size"), run));
}
