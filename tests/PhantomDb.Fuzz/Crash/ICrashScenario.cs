namespace PhantomDb.Fuzz.Crash;

/// <summary>Work on a disk that may fail or lose power at any operation, and how to see what is left of it.</summary>
internal interface ICrashScenario
{
    /// <summary>About as many operations of the disk as <see cref="Run"/> takes: where to put a fault.</summary>
    int OperationCountGuess => 150;

    /// <summary>
    /// Goes on from what the disk has, and tells the oracle everything; errors of the disk are answers like others. The same each time
    /// on the same disk. <see cref="PowerLossException"/> comes through.
    /// </summary>
    void Run(SimulatedDisk disk, Oracle oracle);

    /// <summary>Opens what is there as after a restart; throws where it is refused.</summary>
    RecoveredState Recover(SimulatedDisk disk);
}
