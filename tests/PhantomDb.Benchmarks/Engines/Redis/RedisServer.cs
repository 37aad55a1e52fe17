using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace PhantomDb.Benchmarks.Engines.Redis;

/// <summary>
/// A Redis server of our own in a folder of its own, with its append-only file, and its own clients over a Unix socket. A row of kv is a hash with three fields.
/// Ended when disposed of; its files stay, and another one of the same folder loads them.
/// </summary>
internal sealed partial class RedisServer : IDisposable
{
    private const string Engine = "redis";
    private const int PilotCount = 500;

    private readonly string _binFolder;
    private readonly string _socket;
    private readonly string _log;
    private readonly Process _server;

    /// <param name="binFolder">Of redis-server, redis-cli and redis-benchmark.</param>
    /// <param name="folder">Where its files are, or will be; its path short enough for a socket's name.</param>
    public RedisServer(string binFolder, string folder)
    {
        _binFolder = binFolder;
        _socket = Path.Combine(folder, "socket");
        _log = Path.Combine(folder, "log");
        string program = Path.Combine(binFolder, "redis-server");
        if (!File.Exists(program))
        {
            throw new EngineUnavailableException($"there is no Redis server in {binFolder}: --redis names the folder of redis-server, redis-cli and redis-benchmark");
        }

        File.Delete(_log);
        Version = VersionPattern().Match(ServerProcess.Run(Engine, [program, "--version"])).Groups[1].Value;
        _server = ServerProcess.Start(
        [
            program, "--port", "0", "--unixsocket", _socket, "--dir", folder, "--logfile", _log, "--save", "",
            "--appendonly", "yes", "--appendfsync", "always", "--aof-use-rdb-preamble", "no", "--auto-aof-rewrite-percentage", "0",
        ]);
        try
        {
            ServerProcess.AwaitStart(_server, () => Execute("PING"));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Version { get; }

    public long RowCount => long.Parse(Execute("DBSIZE"), CultureInfo.InvariantCulture);

    /// <summary>How long it took at the start to load its append-only file, as it says itself.</summary>
    public double LoadSeconds => double.Parse(LoadPattern().Match(File.ReadAllText(_log)).Groups[1].Value, CultureInfo.InvariantCulture);

    public string Execute(params string[] command) => ServerProcess.Run(Engine, [Path.Combine(_binFolder, "redis-cli"), "-e", "-s", _socket, .. command]).Trim();

    /// <summary>Commands of its protocol, as they come; acknowledged when they are written, not when they are flushed.</summary>
    public void Feed(Action<Stream> write)
    {
        Execute("CONFIG", "SET", "appendfsync", "no");
        ServerProcess.Run(Engine, [Path.Combine(_binFolder, "redis-cli"), "-s", _socket, "--pipe"], write);
    }

    /// <summary>Rows a second, each a command of its own, for about the given time.</summary>
    public double Rate(int clients, TimeSpan budget, bool isSynchronous)
    {
        Execute("CONFIG", "SET", "appendfsync", isSynchronous ? "always" : "everysec");
        Execute("FLUSHALL");
        double pilot = Rate(clients, PilotCount * clients);
        return Rate(clients, Math.Max(PilotCount, (int)(pilot * budget.TotalSeconds)));
    }

    public void Dispose()
    {
        try
        {
            Execute("SHUTDOWN", "NOSAVE");
        }
        catch (EngineException)
        {
            // It is gone, or never answered.
        }

        if (!_server.WaitForExit(TimeSpan.FromSeconds(30)))
        {
            _server.Kill();
        }

        _server.Dispose();
    }

    private double Rate(int clients, int count)
    {
        string output = ServerProcess.Run(
            Engine,
            [
                Path.Combine(_binFolder, "redis-benchmark"), "-s", _socket, "-c", clients.ToString(CultureInfo.InvariantCulture), "-n", count.ToString(CultureInfo.InvariantCulture),
                "-r", "1000000000", "--csv", "HSET", "kv:__rand_int__", "name", "abcdefghijkl", "balance", "12.5", "n", "7",
            ]);
        string line = output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];
        return double.Parse(line.Split("\",\"")[1], CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"v=(\S+)")]
    private static partial Regex VersionPattern();

    [GeneratedRegex(@"DB loaded from append only file: ([0-9.]+) seconds")]
    private static partial Regex LoadPattern();
}
