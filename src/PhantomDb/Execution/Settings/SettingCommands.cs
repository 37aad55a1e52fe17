using PhantomDb.Planning.Logical;

namespace PhantomDb.Execution.Settings;

/// <summary>Carries out SET, RESET and SET SESSION CHARACTERISTICS; gives the rows of SHOW.</summary>
internal static class SettingCommands
{
    public static void Run(BoundStatement command, SessionSettings settings, bool isInTransaction, Action<string> warn)
    {
        switch (command)
        {
            case SetCommand set:
                Set(set, settings);
                if (set.IsLocal && !isInTransaction)
                {
                    warn("SET LOCAL can only be used in transaction blocks");
                }
                break;
            case ResetCommand { Name: null }:
                settings.ResetAll();
                break;
            case ResetCommand reset:
                settings.Reset(reset.Name!);
                break;
            case SetTransactionCommand characteristics:
                SetCharacteristics(characteristics.Options, settings);
                break;
            default:
                throw new System.Diagnostics.UnreachableException(command.GetType().Name);
        }
    }

    public static IReadOnlyList<string> ColumnsOf(ShowCommand show) =>
        show.Name is null ? ["name", "setting", "description"] : [SessionSettings.NameOf(show.Name)];

    public static IEnumerable<IReadOnlyList<string>> RowsOf(ShowCommand show, SessionSettings settings) =>
        show.Name is null
            ? settings.All.Select(s => new[] { s.Name, s.Value, s.Description })
            : [[settings.Get(show.Name)]];

    private static void Set(SetCommand set, SessionSettings settings)
    {
        if (set.Values.Count == 0)
        {
            settings.Reset(set.Name, set.IsLocal);
        }
        else
        {
            settings.Set(set.Name, set.Values, set.IsLocal);
        }
    }

    // The defaults of the transactions to come.
    private static void SetCharacteristics(TransactionOptions options, SessionSettings settings)
    {
        if (options.Isolation is { } isolation)
        {
            string level = isolation switch
            {
                TransactionIsolation.ReadUncommitted => "read uncommitted",
                TransactionIsolation.ReadCommitted => "read committed",
                TransactionIsolation.RepeatableRead => "repeatable read",
                _ => "serializable",
            };
            settings.Set("default_transaction_isolation", level, isLocal: false);
        }
        if (options.IsReadOnly is { } isReadOnly)
        {
            settings.Set("default_transaction_read_only", isReadOnly ? "on" : "off", isLocal: false);
        }
        if (options.IsDeferrable is { } isDeferrable)
        {
            settings.Set("default_transaction_deferrable", isDeferrable ? "on" : "off", isLocal: false);
        }
    }
}
