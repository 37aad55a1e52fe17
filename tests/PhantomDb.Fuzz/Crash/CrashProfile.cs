namespace PhantomDb.Fuzz.Crash;

/// <summary>What a loss of power leaves of operations that no flush has covered.</summary>
internal enum CrashProfile
{
    /// <summary>All of it: the process was killed, the system lives on.</summary>
    ProcessKilled,

    /// <summary>Nothing of it.</summary>
    AllLost,

    /// <summary>Any subset, names and contents apart, files torn at 512 bytes: the least that POSIX promises.</summary>
    Posix512,

    /// <summary>The same, torn at 4096 bytes.</summary>
    Posix4096,

    /// <summary>As ext4 with ordered data: names in their order, as many as there were; of appended bytes a beginning.</summary>
    Ordered,

    /// <summary>Names and lengths are there, but zeros from some byte of the unflushed on.</summary>
    ZeroedTails,

    /// <summary>Contents are there, names are as they were.</summary>
    NamesLost,

    /// <summary>Names are there, contents are as they were: the empty file under the right name.</summary>
    ContentsLost,
}
