using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;

namespace PhantomDb.Data;

/// <summary>
/// A value for a parameter of a command. Its type is that of its value (see <c>docs/ado-net.md</c> for the table) unless <see cref="DbType"/> is set; text has none, so
/// that it is read as whatever the statement wants. Parameters are for input alone.
/// </summary>
public sealed class PhantomDbParameter : DbParameter, ICloneable
{
    private string _name = "";
    private string _sourceColumn = "";
    private object? _value;
    private bool _hasValue;
    private DbType? _dbType;
    private int _size;

    /// <summary>A parameter without name or value.</summary>
    public PhantomDbParameter()
    {
    }

    /// <summary>A parameter for $1, $2 …, in the order in which they are added, as long as it has no name.</summary>
    public PhantomDbParameter(string? name, object? value)
    {
        ParameterName = name;
        Value = value;
    }

    /// <summary>A parameter of a given type.</summary>
    public PhantomDbParameter(string? name, DbType dbType)
    {
        ParameterName = name;
        DbType = dbType;
    }

    /// <inheritdoc/>
    public override DbType DbType
    {
        get => _dbType ?? ParameterValue.DbTypeOf(_value);
        set => _dbType = Enum.IsDefined(value) ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "There is no such DbType.");
    }

    /// <summary>Input: PhantomDB has no procedures that would give anything back.</summary>
    /// <exception cref="NotSupportedException">Another direction is set.</exception>
    public override ParameterDirection Direction
    {
        get => ParameterDirection.Input;
        set
        {
            if (value != ParameterDirection.Input)
            {
                throw new NotSupportedException($"A parameter's direction is Input, not {value}: what a statement gives back is read from its result.");
            }
        }
    }

    /// <inheritdoc/>
    public override bool IsNullable { get; set; }

    /// <summary>Name, with or without its mark: id, @id and :id are the same. Empty: the parameter is found by its place.</summary>
    [AllowNull]
    public override string ParameterName { get => _name; set => _name = value ?? ""; }

    /// <summary>Characters or bytes of the value that are sent, from the beginning; 0: all.</summary>
    public override int Size
    {
        get => _size;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, -1);
            _size = value;
        }
    }

    /// <inheritdoc/>
    [AllowNull]
    public override string SourceColumn { get => _sourceColumn; set => _sourceColumn = value ?? ""; }

    /// <inheritdoc/>
    public override bool SourceColumnNullMapping { get; set; }

    /// <inheritdoc/>
    public override DataRowVersion SourceVersion { get; set; } = DataRowVersion.Current;

    /// <summary>The value; NULL is <see cref="DBNull"/> or null. A parameter whose value has never been set, not even to null, cannot be used.</summary>
    public override object? Value
    {
        get => _value;
        set
        {
            _value = value;
            _hasValue = true;
        }
    }

    /// <summary>The parameter's type is that of its value again.</summary>
    public override void ResetDbType() => _dbType = null;

    /// <summary>A parameter of its own with the same name, type and value.</summary>
    public PhantomDbParameter Clone() => (PhantomDbParameter)MemberwiseClone();

    object ICloneable.Clone() => Clone();

    internal DbType? GivenDbType => _dbType;

    /// <summary>The value, which somebody has set: one that was forgotten is not taken for NULL.</summary>
    internal object? SetValue => _hasValue
        ? _value
        : throw new InvalidOperationException($"The value of parameter \"{_name}\" has not been set: NULL is DBNull.Value or null.");

    /// <summary>The name without its mark.</summary>
    internal ReadOnlySpan<char> BareName => BareNameOf(_name);

    internal static ReadOnlySpan<char> BareNameOf(string name) => name.Length > 0 && name[0] is '@' or ':' ? name.AsSpan(1) : name;
}
