using System.Collections;
using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;

namespace PhantomDb.Data;

/// <summary>A command of a batch.</summary>
public sealed class PhantomDbBatchCommand : DbBatchCommand
{
    private string _text = "";
    private int _recordsAffected = -1;

    /// <summary>A command whose text is to be set.</summary>
    public PhantomDbBatchCommand()
    {
    }

    /// <summary>A command with a text.</summary>
    public PhantomDbBatchCommand(string? commandText) => CommandText = commandText;

    /// <inheritdoc/>
    [AllowNull]
    public override string CommandText { get => _text; set => _text = value ?? ""; }

    /// <summary>Text: there are no procedures.</summary>
    public override CommandType CommandType
    {
        get => CommandType.Text;
        set
        {
            if (value != CommandType.Text)
            {
                throw new NotSupportedException($"A command's type is Text, not {value}: write the statement.");
            }
        }
    }

    /// <summary>Rows that the command changed in the batch's last execution; -1 where it changes none.</summary>
    public override int RecordsAffected => _recordsAffected;

    /// <summary>The parameters.</summary>
    public new PhantomDbParameterCollection Parameters { get; } = new();

    /// <inheritdoc/>
    public override bool CanCreateParameter => true;

    /// <inheritdoc/>
    protected override DbParameterCollection DbParameterCollection => Parameters;

    /// <inheritdoc/>
    public override DbParameter CreateParameter() => new PhantomDbParameter();

    internal void BeginCount() => _recordsAffected = -1;

    internal void Count(long rows) => _recordsAffected = (int)Math.Min(Math.Max(_recordsAffected, 0) + rows, int.MaxValue);
}

/// <summary>The commands of a batch, in their order.</summary>
public sealed class PhantomDbBatchCommandCollection : DbBatchCommandCollection
{
    private readonly List<PhantomDbBatchCommand> _commands = [];

    internal PhantomDbBatchCommandCollection()
    {
    }

    /// <inheritdoc/>
    public override int Count => _commands.Count;

    /// <inheritdoc/>
    public override bool IsReadOnly => false;

    internal IReadOnlyList<PhantomDbBatchCommand> Commands => _commands;

    /// <summary>Adds a command with a text; its parameters are to be added.</summary>
    public PhantomDbBatchCommand Add(string commandText)
    {
        PhantomDbBatchCommand command = new(commandText);
        _commands.Add(command);
        return command;
    }

    /// <inheritdoc/>
    public override void Add(DbBatchCommand item) => _commands.Add(Cast(item));

    /// <inheritdoc/>
    public override void Clear() => _commands.Clear();

    /// <inheritdoc/>
    public override bool Contains(DbBatchCommand item) => IndexOf(item) >= 0;

    /// <inheritdoc/>
    public override void CopyTo(DbBatchCommand[] array, int arrayIndex) => ((ICollection)_commands).CopyTo(array, arrayIndex);

    /// <inheritdoc/>
    public override IEnumerator<DbBatchCommand> GetEnumerator() => _commands.GetEnumerator();

    /// <inheritdoc/>
    public override int IndexOf(DbBatchCommand item) => item is PhantomDbBatchCommand command ? _commands.IndexOf(command) : -1;

    /// <inheritdoc/>
    public override void Insert(int index, DbBatchCommand item) => _commands.Insert(index, Cast(item));

    /// <inheritdoc/>
    public override bool Remove(DbBatchCommand item) => item is PhantomDbBatchCommand command && _commands.Remove(command);

    /// <inheritdoc/>
    public override void RemoveAt(int index) => _commands.RemoveAt(index);

    /// <inheritdoc/>
    protected override DbBatchCommand GetBatchCommand(int index) => _commands[index];

    /// <inheritdoc/>
    protected override void SetBatchCommand(int index, DbBatchCommand batchCommand) => _commands[index] = Cast(batchCommand);

    private static PhantomDbBatchCommand Cast(DbBatchCommand item)
    {
        ArgumentNullException.ThrowIfNull(item);
        return item as PhantomDbBatchCommand ?? throw new InvalidCastException("A PhantomDbBatchCommand is expected.");
    }
}
