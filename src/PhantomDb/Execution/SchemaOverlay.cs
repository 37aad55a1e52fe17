using System.Collections.Immutable;
using PhantomDb.Catalog;
using PhantomDb.Planning.Logical;
using PhantomDb.Storage;
using PhantomDb.Transactions;

namespace PhantomDb.Execution;

/// <summary>
/// What one transaction has changed of the definitions: laid over the newest ones for its own statements, merged into them
/// when it commits, dropped step by step when it is rolled back. The transaction has locked every object and name that it
/// changes, so the changes mean the same whatever else others commit meanwhile.
/// </summary>
internal sealed class SchemaOverlay
{
    private readonly List<Step> _steps = [];

    // What the changes were last laid over, and what that gave.
    private DatabaseCatalog? _baseCatalog;
    private ImmutableDictionary<int, TableStore>? _baseTables;

    /// <summary>A definition statement, or (without a change of the catalog) a TRUNCATE.</summary>
    private readonly record struct Step(SchemaChange? Change, SchemaChangeRunner Runner);

    /// <summary>The definitions as last given by <see cref="LayOver"/>, with what was done since.</summary>
    public DatabaseCatalog Catalog { get; private set; } = DatabaseCatalog.Empty;

    public ImmutableDictionary<int, TableStore> Tables { get; private set; } = ImmutableDictionary<int, TableStore>.Empty;

    /// <summary>The sequences that the transaction has altered or restarted, as it goes on with them.</summary>
    public ImmutableDictionary<int, SequenceStore> Sequences { get; private set; } = ImmutableDictionary<int, SequenceStore>.Empty;

    public int StepCount => _steps.Count;

    /// <summary>True where these are still the committed definitions that the changes were laid over.</summary>
    public bool IsOver(DatabaseCatalog catalog, ImmutableDictionary<int, TableStore> tables) =>
        ReferenceEquals(catalog, _baseCatalog) && ReferenceEquals(tables, _baseTables);

    /// <summary>Gives committed definitions with the transaction's changes, in the two properties.</summary>
    public void LayOver(DatabaseCatalog catalog, ImmutableDictionary<int, TableStore> tables)
    {
        if (IsOver(catalog, tables))
        {
            return;
        }
        (_baseCatalog, _baseTables) = (catalog, tables);
        (Catalog, Tables, Sequences) = (catalog, tables, ImmutableDictionary<int, SequenceStore>.Empty);
        foreach (Step step in _steps)
        {
            Apply(step);
        }
    }

    /// <summary>Takes over what a definition statement has done.</summary>
    public void Add(SchemaChange? change, SchemaChangeRunner runner)
    {
        Step step = new(change, runner);
        _steps.Add(step);
        if (_baseCatalog is not null)
        {
            Apply(step);
        }
    }

    /// <summary>Drops the steps after a number of them.</summary>
    public void UndoTo(int stepCount)
    {
        if (_steps.Count > stepCount)
        {
            (_baseCatalog, _baseTables) = (null, null);
        }
        while (_steps.Count > stepCount)
        {
            _steps[^1].Runner.Discard();
            _steps.RemoveAt(_steps.Count - 1);
        }
    }

    /// <summary>Puts the tables in place and gives the catalog with all changes, which is the caller's to put.</summary>
    public DatabaseCatalog Publish(TransactionManager manager, DatabaseCatalog newest)
    {
        bool isMerged = IsOver(newest, manager.Storage.Tables);   // nobody has committed any since the last statement: nothing to do again
        foreach (Step step in _steps)
        {
            newest = isMerged ? Catalog : step.Change?.ApplyTo(newest) ?? newest;
            step.Runner.Publish(manager);
        }
        foreach (Step step in _steps)
        {
            step.Runner.ReleaseSequences();
        }
        return newest;
    }

    /// <summary>What was done, for the log, over the definitions that the transaction's last statement has seen: all that is about its objects is locked.</summary>
    public IReadOnlyList<DefinitionStep> Describe(DatabaseCatalog newest)
    {
        DatabaseCatalog before = newest;
        ImmutableDictionary<int, SequenceStore> sequences = ImmutableDictionary<int, SequenceStore>.Empty;
        List<DefinitionStep> steps = [];
        foreach (Step step in _steps)
        {
            step.Runner.HoldRedefinedSequences();
            DatabaseCatalog after = step.Change?.ApplyTo(before) ?? before;
            sequences = step.Runner.ApplyTo(sequences);
            steps.Add(new DefinitionStep(before, after)
            {
                Tables = step.Runner.TableChanges, Sequences = sequences, MovedSequences = step.Runner.MovedSequences,
            });
            before = after;
        }
        return steps;
    }

    private void Apply(Step step)
    {
        Catalog = step.Change?.ApplyTo(Catalog) ?? Catalog;
        Tables = step.Runner.ApplyTo(Tables);
        Sequences = step.Runner.ApplyTo(Sequences);
    }
}
