namespace PhantomDb.Fuzz.Crash;

/// <summary>What goes wrong with one operation of a <see cref="SimulatedDisk"/>.</summary>
internal enum DiskFault
{
    /// <summary>The power goes while it is being done; nothing works after it.</summary>
    PowerLoss,

    /// <summary>It fails with an input/output error; of a write nothing is done, and a flush gives up on what it could not write.</summary>
    InputOutputError,

    /// <summary>The disk is full for this one operation; of a write nothing is done.</summary>
    DiskFull,

    /// <summary>A write leaves a part of its bytes and fails; else as an input/output error.</summary>
    ShortWrite,
}

/// <summary>The power has gone: no error of the disk, so nothing that handles those goes on.</summary>
internal sealed class PowerLossException : Exception
{
    public PowerLossException()
        : base("the simulated disk has lost power")
    {
    }
}
