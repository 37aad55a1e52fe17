using System.Data.Common;

namespace PhantomDb.Data;

/// <summary>
/// Fills a <see cref="System.Data.DataTable"/> from a query, and writes its changes back with the commands for them, which a <see cref="PhantomDbCommandBuilder"/> makes.
/// </summary>
public sealed class PhantomDbDataAdapter : DbDataAdapter
{
    /// <summary>An adapter whose commands are to be set.</summary>
    public PhantomDbDataAdapter()
    {
    }

    /// <summary>An adapter for a query.</summary>
    public PhantomDbDataAdapter(PhantomDbCommand? selectCommand) => SelectCommand = selectCommand;

    /// <summary>An adapter for a query.</summary>
    public PhantomDbDataAdapter(string? selectCommandText, PhantomDbConnection? connection)
        : this(new PhantomDbCommand(selectCommandText, connection))
    {
    }

    /// <summary>Raised before a row's change is written.</summary>
    public event EventHandler<RowUpdatingEventArgs>? RowUpdating;

    /// <summary>Raised when a row's change has been written, or could not be.</summary>
    public event EventHandler<RowUpdatedEventArgs>? RowUpdated;

    /// <summary>The query that the table is filled from.</summary>
    public new PhantomDbCommand? SelectCommand { get => (PhantomDbCommand?)base.SelectCommand; set => base.SelectCommand = value; }

    /// <summary>Writes a row that has been added.</summary>
    public new PhantomDbCommand? InsertCommand { get => (PhantomDbCommand?)base.InsertCommand; set => base.InsertCommand = value; }

    /// <summary>Writes a row that has been changed.</summary>
    public new PhantomDbCommand? UpdateCommand { get => (PhantomDbCommand?)base.UpdateCommand; set => base.UpdateCommand = value; }

    /// <summary>Deletes a row that has been deleted.</summary>
    public new PhantomDbCommand? DeleteCommand { get => (PhantomDbCommand?)base.DeleteCommand; set => base.DeleteCommand = value; }

    /// <inheritdoc/>
    protected override void OnRowUpdating(RowUpdatingEventArgs value) => RowUpdating?.Invoke(this, value);

    /// <inheritdoc/>
    protected override void OnRowUpdated(RowUpdatedEventArgs value) => RowUpdated?.Invoke(this, value);
}
