namespace PhantomDb.Benchmarks.Workloads;

/// <summary>Two sides gave different answers: such a test is not timed.</summary>
internal sealed class WrongAnswerException(string message) : Exception(message);
