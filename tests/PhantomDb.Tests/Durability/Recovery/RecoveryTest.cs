using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Catalog;
using PhantomDb.Durability;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;
using PhantomDb.Storage;

namespace PhantomDb.Tests.Durability.Recovery;

/// <summary>What tests of recovery share: a disk in memory, a log written body by body, and what is recovered from them.</summary>
public abstract class RecoveryTest : DatabaseFileTest
{
    private protected const string ActivePath = "/data/shop.log";
    private protected const string ManifestPath = "/data/shop.manifest";
    private protected const string Users = "TABLE,users,\"COLUMNS:id:int,name:string\",CONSTRAINT:users_pkey PRIMARY KEY (id)";
    private protected const string Notes = "TABLE,notes,\"COLUMNS:n:int,text:string\"";

    private protected RecoveryLog Log { get; }

    /// <summary>Segments of so many bytes are read by a thread of their own.</summary>
    private protected virtual long ReadAheadLength => new RecoveryOptions().ReadAheadLength;

    protected RecoveryTest() => Log = new RecoveryLog(Disk);

    private protected RecoveredDatabase Recover(RecoveryOptions? options = null)
    {
        Log.Save();
        return DatabaseRecovery.Run(Path, LoadTarget.New, Disk, (options ?? new RecoveryOptions()) with { ReadAheadLength = ReadAheadLength });
    }

    private protected string[] RowsAfter(string table, params string[][] transactions)
    {
        foreach (string[] transaction in transactions)
        {
            Log.Commit(transaction);
        }
        return Rows(Recover().Database, table);
    }

    private protected PhantomDbException Refused(RecoveryOptions? options = null)
    {
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Recover(options));
        Assert.IsNotNull(error.Where);
        return error;
    }

    /// <summary>A transaction of two records a second, from second 1 on; three segments of two transactions: LSN 1-4, 5-8, 9-12. Their paths.</summary>
    private protected string[] WriteThreeSegments()
    {
        List<string> paths = [];
        for (int i = 1; i <= 6; i++)
        {
            Log.Commit(i == 1 ? Users : $"INSERT,users,{i},a", $"INSERT,users,{-i},b").Flush();
            if (i is 2 or 4)
            {
                paths.Add(Log.Rotate());
            }
        }
        Log.Save();
        Log.IsActive = false;
        return [.. paths, ActivePath];
    }

    /// <summary>Saves what was recovered as a database file or snapshot.</summary>
    private protected void SaveAs(string path, RecoveredDatabase recovered, int? timeline = null, long? lsn = null, SegmentHistory? history = null) => DatabaseFileWriter.Write(
        new DatabaseContent("shop", recovered.Database.Catalog, recovered.Database.Storage, ReadView.Latest)
        {
            Id = recovered.Database.Id, Timeline = timeline ?? recovered.Database.Timeline, Lsn = lsn ?? recovered.Database.Lsn, History = history ?? SegmentHistory.Empty,
        }, path, new DatabaseFileOptions { GeneratedAt = DateTime.UnixEpoch }, Disk);

    /// <summary>The content as the database file would have it, without what differs from time to time.</summary>
    private protected string Content(RecoveredDatabase recovered)
    {
        var disk = new MemoryFileSystem();
        DatabaseFileWriter.Write(Content(recovered.Database), Path, new DatabaseFileOptions { GeneratedAt = DateTime.UnixEpoch, Sealed = false }, disk);
        return Encoding.UTF8.GetString(disk.Files[Path]);
    }
}

/// <summary>Segments made of bodies, and put on a disk.</summary>
internal sealed class RecoveryLog
{
    private readonly MemoryFileSystem _disk;
    private readonly List<byte[]> _lines = [];
    private LogEncoder _encoder = null!;
    private long _durableLsn;
    private DateTime _time = new(2026, 11, 21, 12, 0, 0, DateTimeKind.Utc);

    public RecoveryLog(MemoryFileSystem disk)
    {
        _disk = disk;
        Start(null);
    }

    public Guid Id { get; set; } = new("6f1c0000000000000000000000000001");

    public int Timeline { get; set; } = 1;

    public long Segment { get; private set; }

    /// <summary>Of the first segment, before anything is in it.</summary>
    public bool IsBehindFile
    {
        get => Header.IsBehindFile;
        set => Header = Header with { IsBehindFile = value };
    }

    public uint Salt { get; private set; } = 0x1000;

    public LogHeader Header { get; private set; } = null!;

    public long NextLsn { get; private set; } = 1;

    public DateTime Time => _time;

    public byte[] Bytes => [.. Header.ToBytes(), .. _lines.SelectMany(line => line)];

    /// <summary>True when anything was written.</summary>
    public bool IsActive { get; set; } = true;

    public RecoveryLog Commit(params string[] bodies)
    {
        _time = _time.AddSeconds(1);
        _encoder.BeginTransaction(_time, 4700 + NextLsn, bodies.Length);
        for (int i = 0; i < bodies.Length; i++)
        {
            byte[] body = Encoding.UTF8.GetBytes(bodies[i]);
            byte[] line = new byte[body.Length + LogEncoder.OverheadMax];
            _lines.Add(line[.._encoder.Encode(NextLsn, i + 1, NextLsn - _durableLsn, body, line)]);
            NextLsn++;
        }
        return this;
    }

    public RecoveryLog Flush()
    {
        _durableLsn = NextLsn - 1;
        return this;
    }

    /// <summary>Seals the segment under its own name; gives the path.</summary>
    public string Rotate()
    {
        byte[] bytes = Bytes;
        string path = $"/data/{new LogSegmentName("shop", _time, Header.FirstLsn)}";
        _disk.Files[path] = [.. bytes, .. new LogSeal(NextLsn - 1, bytes.Length).ToBytes(Salt)];
        Start(new LogPredecessor(Salt, NextLsn - 1, bytes.Length));
        return path;
    }

    /// <summary>Goes on behind an LSN of a segment that has been written, in a new segment.</summary>
    public void Fork(LogPredecessor predecessor, long segment, int timeline, uint salt)
    {
        (NextLsn, Segment, Timeline, Salt) = (predecessor.LastLsn + 1, segment - 1, timeline, salt);
        Start(predecessor);
    }

    public void Save()
    {
        if (IsActive)
        {
            _disk.Files["/data/shop.log"] = Bytes;
        }
    }

    private void Start(LogPredecessor? predecessor)
    {
        Salt++;
        Segment++;
        _lines.Clear();
        Header = new LogHeader("shop", Id, Timeline, Segment, NextLsn, Salt, 1 << 24, predecessor);
        _encoder = new LogEncoder(Salt);
        _durableLsn = NextLsn - 1;
    }
}
