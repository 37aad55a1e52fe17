using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Durability.Recovery;

/// <summary>All that is expected of recovery, where a thread of its own reads the log.</summary>
[TestClass]
public sealed class DatabaseRecoveryAheadTests : DatabaseRecoveryTests
{
    private protected override long ReadAheadLength => 0;
}

/// <inheritdoc cref="DatabaseRecoveryAheadTests"/>
[TestClass]
public sealed class LogApplierAheadTests : LogApplierTests
{
    private protected override long ReadAheadLength => 0;
}

/// <inheritdoc cref="DatabaseRecoveryAheadTests"/>
[TestClass]
public sealed class LogSalvageAheadTests : LogSalvageTests
{
    private protected override long ReadAheadLength => 0;
}
