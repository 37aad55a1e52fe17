using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace PhantomDb.Benchmarks.Engines.Postgres;

/// <summary>
/// A PostgreSQL server of our own in a folder of its own, with its default settings, and pgbench as its client over a Unix socket. Started as the user
/// postgres where we are root (the server refuses root); ended when disposed of.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed partial class PostgresServer : IDisposable
{
    private const string User = "postgres";
    private const int FastShutdown = 2;   // SIGINT
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(30);

    private readonly string _binFolder;
    private readonly string _folder;
    private readonly int _port;
    private readonly Process _server;

    public PostgresServer(string binFolder, string folder)
    {
        _binFolder = binFolder;
        _folder = folder;
        _port = FreePort();
        if (!File.Exists(Path.Combine(binFolder, "initdb")))
        {
            throw new EngineUnavailableException($"there is no PostgreSQL server in {binFolder}: --postgres names the folder of initdb, postgres and pgbench");
        }

        if (Environment.IsPrivilegedProcess)
        {
            Run("chown", User, folder);
        }

        string data = Path.Combine(folder, "data");
        Run(Program("initdb", "-D", data, "-U", User, "-A", "trust", "--no-locale", "-E", "UTF8"));
        _server = ServerProcess.Start(Program("postgres", "-D", data, "-p", Port, "-k", folder, "-c", "listen_addresses="));
        try
        {
            ServerProcess.AwaitStart(_server, () => Run(Client("psql", "-qc", "select 1")));
            Version = Run(Client("psql", "-Atc", "show server_version")).Split(' ')[0].Trim();
            Execute("create table kv (id bigserial primary key, name text, balance double precision, n int)");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Version { get; }

    private string Port => _port.ToString(CultureInfo.InvariantCulture);

    public void Execute(string sql) => Run(Client("psql", "-qc", sql));

    /// <summary>Transactions a second, of a script with one statement, prepared; for whole seconds, at least two, since connecting counts.</summary>
    public double Rate(string script, int clients, TimeSpan budget, bool isSynchronous)
    {
        string path = Path.Combine(_folder, "script.sql");
        File.WriteAllText(path, script);
        string seconds = Math.Max(2, (int)Math.Round(budget.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        string jobs = Math.Min(clients, Environment.ProcessorCount).ToString(CultureInfo.InvariantCulture);
        List<string> command = Client("pgbench", "-n", "-M", "prepared", "-f", path, "-T", seconds, "-j", jobs, "-c", clients.ToString(CultureInfo.InvariantCulture));
        string output = Run(command, isSynchronous ? "" : "-c synchronous_commit=off");
        string? line = output.Split('\n').FirstOrDefault(l => l.StartsWith("tps = ", StringComparison.Ordinal));
        return line is null ? throw new EngineException(User, output) : double.Parse(line.Split(' ')[2], CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        _ = Kill(_server.Id, FastShutdown);
        if (!_server.WaitForExit(EndTimeout))
        {
            _server.Kill();
        }

        _server.Dispose();
    }

    private List<string> Client(string name, params string[] arguments) =>
        [Path.Combine(_binFolder, name), "-h", _folder, "-p", Port, "-U", User, .. arguments];

    // setpriv replaces itself by the program: the process that we started is the server.
    private List<string> Program(string name, params string[] arguments)
    {
        string path = Path.Combine(_binFolder, name);
        return Environment.IsPrivilegedProcess
            ? ["setpriv", "--reuid=" + User, "--regid=" + User, "--init-groups", path, .. arguments]
            : [path, .. arguments];
    }

    private static string Run(params string[] command) => Run(command.ToList());

    private static string Run(List<string> command, string options = "") =>
        ServerProcess.Run(User, command, null, ("PGOPTIONS", options), ("PGDATABASE", User));   // what pgbench calls its own where it is told none

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
