namespace PhantomDb.Fuzz.Running;

/// <summary>What a run has found. <paramref name="Summary"/> tells how its cases ended, to see that they were not all of one kind.</summary>
public sealed record FuzzReport(int Count, IReadOnlyList<FuzzFailure> Failures, string Summary);

/// <summary>A case that the database did not stand, as small as it could be made.</summary>
public sealed record FuzzFailure(int Seed, int Iteration, string Problem, string Input)
{
    public override string ToString() => $"FAILURE seed {Seed}, iteration {Iteration}: {Problem}\n{Input}";
}
