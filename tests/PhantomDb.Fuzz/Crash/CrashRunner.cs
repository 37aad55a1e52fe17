using PhantomDb.Errors;

namespace PhantomDb.Fuzz.Crash;

/// <summary>
/// Runs a scenario with a fault at each of its operations and looks at what is left of it in every profile. Each failure is
/// one line with all that repeats it.
/// </summary>
internal sealed class CrashRunner(Func<int, ICrashScenario> makeScenario, Func<Oracle> makeOracle)
{
    public static readonly IReadOnlyList<CrashProfile> AllProfiles = Enum.GetValues<CrashProfile>();

    private const int OperationsBehindFailure = 6;

    /// <summary>Crashes that were looked at.</summary>
    public int CheckedCount { get; private set; }

    public List<string> Failures { get; } = [];

    /// <summary>True: recovery may refuse with the damaged file's place, and a beginning of the history is enough, for disks that lie.</summary>
    public bool IsDiskLying { get; init; }

    /// <summary>Told now and then how far it is.</summary>
    public Action<string>? Progress { get; init; }

    /// <summary>Operations of the scenario when nothing goes wrong.</summary>
    public int CountOperations()
    {
        var disk = new SimulatedDisk();
        Run(0, disk, makeOracle());
        return disk.OperationCount;
    }

    /// <summary>The power goes at each operation; again at each <paramref name="secondStep"/>th of what follows the restart, unless that is 0.</summary>
    public void CrashAtEveryOperation(IEnumerable<CrashProfile> profiles, int seedsPerProfile = 1, int secondStep = 0, int step = 1)
    {
        int count = CountOperations();
        HashSet<string> explored = [];   // what follows from the same disk again is the same
        for (int at = 0; at < count; at += step)
        {
            Progress?.Invoke($"power loss at operation {at} of {count}, {CheckedCount} crashes, {Failures.Count} failures");
            SimulatedDisk disk = new(at) { FaultAt = at, Fault = DiskFault.PowerLoss, LiesAboutFlushes = IsDiskLying };
            Oracle oracle = makeOracle();
            Run(0, disk, oracle);
            foreach (CrashProfile profile in profiles)
            {
                for (int seed = 0; seed < (profile is CrashProfile.ProcessKilled or CrashProfile.AllLost or CrashProfile.NamesLost or CrashProfile.ContentsLost ? 1 : seedsPerProfile); seed++)
                {
                    string line = $"power loss at operation {disk.FaultedOperation}, profile {profile}, seed {seed}";
                    SimulatedDisk left = disk.Crash(profile, seed);
                    bool isNew = secondStep > 0 && explored.Add(left.Fingerprint());
                    RecoveredState? state = Check(left, oracle, line);
                    if (state is not null && isNew)
                    {
                        CrashAgain(disk, oracle, state, profile, seed, secondStep, at, line);
                    }
                }
            }
        }
    }

    /// <summary>Each operation fails, once or from then on; the scenario goes on, and at its end the process is killed or the power goes.</summary>
    public void FailEveryOperation(DiskFault fault, bool isLasting, IEnumerable<CrashProfile> profiles, int step = 1)
    {
        int count = CountOperations();
        for (int at = 0; at < count; at += step)
        {
            Progress?.Invoke($"{fault} at operation {at} of {count}, {CheckedCount} crashes, {Failures.Count} failures");
            SimulatedDisk disk = new(at) { FaultAt = at, Fault = fault, IsFaultLasting = isLasting };
            Oracle oracle = makeOracle();
            Run(0, disk, oracle);
            foreach (CrashProfile profile in profiles)
            {
                Check(disk.Crash(profile, at), oracle, $"{fault}{(isLasting ? " for good" : "")} at operation {disk.FaultedOperation}, then profile {profile}, seed {at}");
            }
        }
    }

    /// <summary>The power goes at each operation; after the restart each <paramref name="secondStep"/>th operation fails once, the scenario goes on, and the process is killed a little later, or at its end.</summary>
    public void FailAfterEveryCrash(DiskFault fault, IEnumerable<CrashProfile> profiles, int secondStep = 1, int step = 1)
    {
        int count = CountOperations();
        HashSet<string> explored = [];
        for (int at = 0; at < count; at += step)
        {
            Progress?.Invoke($"power loss at operation {at} of {count}, then {fault}, {CheckedCount} crashes, {Failures.Count} failures");
            SimulatedDisk disk = new(at) { FaultAt = at, Fault = DiskFault.PowerLoss };
            Oracle oracle = makeOracle();
            Run(0, disk, oracle);
            foreach (CrashProfile profile in profiles)
            {
                string line = $"power loss at operation {disk.FaultedOperation}, profile {profile}, seed {at}";
                SimulatedDisk left = disk.Crash(profile, at);
                if (explored.Add(left.Fingerprint()) && Check(left, oracle, line) is { } state)
                {
                    FailAgain(disk, oracle, state, fault, profile, at, secondStep, line);
                }
            }
        }
    }

    // Killed at its end, or before one of the operations that follow the failed one: a later save might mend what its cleaning up has done.
    private void FailAgain(SimulatedDisk disk, Oracle oracle, RecoveredState state, DiskFault fault, CrashProfile profile, int seed, int step, string line)
    {
        for (int at = seed % step; ; at += step)
        {
            SimulatedDisk again = disk.Crash(profile, seed);
            (again.FaultAt, again.Fault) = (at, fault);
            Oracle next = oracle.Copy();
            next.Settle(state);
            List<(SimulatedDisk Left, Oracle Oracle, int Operation)> moments = [];
            again.BeforeOperation = () =>
            {
                if (again.OperationCount > at && again.OperationCount <= at + OperationsBehindFailure)
                {
                    Note();
                }
            };
            Run(1, again, next);
            again.BeforeOperation = null;
            if (again.OperationCount <= at)
            {
                return;
            }
            Note();
            foreach ((SimulatedDisk left, Oracle told, int operation) in moments)
            {
                Check(left, told, $"{line}; then {fault} at operation {again.FaultedOperation}, killed before {operation}");
            }

            void Note() => moments.Add((again.WhatIsLeft(CrashProfile.ProcessKilled, at), next.Copy(), again.OperationCount));
        }
    }

    /// <summary>One run of a seed: faults, crashes and restarts at random, from an empty disk or from what an earlier run has left.</summary>
    /// <returns>What it leaves in turn; null after a failure.</returns>
    public CrashStart? RunSeed(int seed, CrashStart? start = null)
    {
        var random = new Random(seed);
        SimulatedDisk disk = start?.Disk.WhatIsLeft(CrashProfile.ProcessKilled, seed) ?? new SimulatedDisk(seed);
        Oracle oracle = start?.Oracle.Copy() ?? makeOracle();
        string line = $"seed {seed}";
        int crashCount = random.Next(8) switch { < 5 => 1, < 7 => 2, _ => 3 };
        for (int crash = 0; crash < crashCount; crash++)
        {
            int number = random.Next();
            int count = makeScenario(number).OperationCountGuess;
            bool failsFirst = random.Next(3) == 0;
            disk.Fault = failsFirst ? (DiskFault)random.Next(1, 4) : DiskFault.PowerLoss;
            disk.FaultAt = disk.OperationCount + random.Next(random.Next(4) == 0 ? 40 : count);
            disk.IsFaultLasting = failsFirst && random.Next(3) == 0;
            Run(number, disk, oracle);
            CrashProfile profile = AllProfiles[random.Next(AllProfiles.Count)];
            int lossSeed = random.Next();
            line += $"; {disk.Fault} at {disk.FaultedOperation}, {profile}";
            SimulatedDisk left = disk.Crash(profile, lossSeed);
            if (Check(left, oracle, line) is not { } state)
            {
                return null;
            }
            // Recovered or not yet: then the next fault may come while it is being recovered.
            disk = random.Next(2) == 0 ? left.Crash(CrashProfile.ProcessKilled, lossSeed) : disk.Crash(profile, lossSeed);
            oracle.Settle(state);
        }
        return new CrashStart(disk, oracle);
    }

    // One run shows all of its moments: what a loss of power before each operation leaves, and after the last, as what goes before it has been done, flushes
    // that have not begun too. What is left the same as a moment ago is looked at once, when more had been told to the clients.
    private void CrashAgain(SimulatedDisk disk, Oracle oracle, RecoveredState state, CrashProfile profile, int seed, int step, int at, string line)
    {
        SimulatedDisk again = disk.Crash(profile, seed);
        Oracle next = oracle.Copy();
        next.Settle(state);
        List<(SimulatedDisk Left, string Print, Oracle Oracle, int Operation)> moments = [];
        again.BeforeOperation = () =>
        {
            if (again.OperationCount % step == at % step)
            {
                Note();
            }
        };
        Run(1, again, next);
        again.BeforeOperation = null;
        Note();
        foreach ((SimulatedDisk left, _, Oracle told, int operation) in moments)
        {
            Check(left, told, $"{line}; again before operation {operation}, seed {operation}");
        }

        void Note()
        {
            SimulatedDisk left = again.WhatIsLeft(profile, again.OperationCount);
            string print = left.Fingerprint();
            if (moments.Count > 0 && moments[^1].Print == print)
            {
                moments.RemoveAt(moments.Count - 1);
            }
            moments.Add((left, print, next.Copy(), again.OperationCount));
        }
    }

    private void Run(int number, SimulatedDisk disk, Oracle oracle)
    {
        try
        {
            makeScenario(number).Run(disk, oracle);
        }
        catch (PowerLossException)
        {
            // as it was to be
        }
        catch (InvalidOperationException problem)
        {
            Failures.Add($"run {number}, fault at {disk.FaultedOperation}: {problem.Message}");
        }
    }

    private RecoveredState? Check(SimulatedDisk disk, Oracle oracle, string line)
    {
        CheckedCount++;
        try
        {
            RecoveredState state = makeScenario(0).Recover(disk);
            string? problem = oracle.Check(state, IsDiskLying);
            if (problem is null)
            {
                return state;
            }
            Failures.Add($"{line}: {problem}");
        }
        catch (PhantomDbException error)
        {
            if (!IsDiskLying || error.Where is null || error.SqlState is not (SqlStates.DataCorrupted or SqlStates.BadCopyFileFormat))
            {
                Failures.Add($"{line}: {error.SqlState} {error.Message} {error.Where}");
            }
        }
        catch (InvalidOperationException problem)
        {
            Failures.Add($"{line}: {problem.Message}");
        }
        return null;
    }
}

/// <summary>A disk that was used before, and the oracle that knows what is on it.</summary>
internal sealed record CrashStart(SimulatedDisk Disk, Oracle Oracle);
