using System.Collections.Immutable;
using PhantomDb.Catalog;
using PhantomDb.Storage;
using PhantomDb.Transactions;

namespace PhantomDb.Execution;

/// <summary>
/// Definitions as one transaction has changed them: seen by its own statements, put in place when it commits, dropped step by
/// step when it is rolled back. The transaction holds the lock of all definitions from the first step on.
/// </summary>
internal sealed class SchemaOverlay(DatabaseCatalog catalog, ImmutableDictionary<int, TableStore> tables)
{
    private readonly List<Step> _steps = [];

    private readonly record struct Step(
        SchemaChangeRunner Runner, DatabaseCatalog CatalogBefore, ImmutableDictionary<int, TableStore> TablesBefore, ImmutableDictionary<int, SequenceStore> SequencesBefore);

    public DatabaseCatalog Catalog { get; private set; } = catalog;

    public ImmutableDictionary<int, TableStore> Tables { get; private set; } = tables;

    /// <summary>The sequences that the transaction has altered or restarted, as it goes on with them.</summary>
    public ImmutableDictionary<int, SequenceStore> Sequences { get; private set; } = ImmutableDictionary<int, SequenceStore>.Empty;

    public int StepCount => _steps.Count;

    /// <summary>Takes over what a definition statement has done.</summary>
    public void Add(SchemaChangeRunner runner, DatabaseCatalog catalogAfter)
    {
        _steps.Add(new Step(runner, Catalog, Tables, Sequences));
        Catalog = catalogAfter;
        Tables = runner.ApplyTo(Tables);
        Sequences = runner.ApplyTo(Sequences);
    }

    /// <summary>Drops the steps after a number of them.</summary>
    public void UndoTo(int stepCount)
    {
        while (_steps.Count > stepCount)
        {
            Step last = _steps[^1];
            last.Runner.Discard();
            Catalog = last.CatalogBefore;
            Tables = last.TablesBefore;
            Sequences = last.SequencesBefore;
            _steps.RemoveAt(_steps.Count - 1);
        }
    }

    /// <summary>Puts the tables in place; the catalog is the caller's to put.</summary>
    public void Publish(TransactionManager manager)
    {
        foreach (Step step in _steps)
        {
            step.Runner.Publish(manager);
        }
        foreach (Step step in _steps)
        {
            step.Runner.ReleaseSequences();
        }
    }
}
