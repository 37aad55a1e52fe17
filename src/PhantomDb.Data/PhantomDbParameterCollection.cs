using System.Collections;
using System.Data;
using System.Data.Common;

namespace PhantomDb.Data;

/// <summary>The parameters of a command, in their order. A name is found with or without its mark (@ or :); one in the same case comes first.</summary>
public sealed class PhantomDbParameterCollection : DbParameterCollection, IList<PhantomDbParameter>
{
    private readonly List<PhantomDbParameter> _parameters = [];

    internal PhantomDbParameterCollection()
    {
    }

    /// <inheritdoc/>
    public override int Count => _parameters.Count;

    /// <inheritdoc/>
    public override object SyncRoot => ((ICollection)_parameters).SyncRoot;

    /// <summary>The parameter at a place.</summary>
    public new PhantomDbParameter this[int index] { get => At(index); set => SetParameter(index, value); }

    /// <summary>The parameter of a name.</summary>
    public new PhantomDbParameter this[string parameterName] { get => At(IndexOfExisting(parameterName)); set => SetParameter(parameterName, value); }

    /// <summary>Adds a parameter.</summary>
    public PhantomDbParameter Add(PhantomDbParameter value)
    {
        ArgumentNullException.ThrowIfNull(value);
        _parameters.Add(value);
        return value;
    }

    /// <summary>Adds a parameter with a type, whose value is to be set.</summary>
    public PhantomDbParameter Add(string? parameterName, DbType dbType) => Add(new PhantomDbParameter(parameterName, dbType));

    /// <summary>Adds a parameter with a value.</summary>
    public PhantomDbParameter AddWithValue(string? parameterName, object? value) => Add(new PhantomDbParameter(parameterName, value));

    /// <summary>Adds a parameter for the next of $1, $2 ….</summary>
    public PhantomDbParameter AddWithValue(object? value) => Add(new PhantomDbParameter(null, value));

    /// <inheritdoc/>
    public override int Add(object value)
    {
        _parameters.Add(Cast(value));
        return _parameters.Count - 1;
    }

    /// <inheritdoc/>
    public override void AddRange(Array values)
    {
        ArgumentNullException.ThrowIfNull(values);
        foreach (object value in values)
        {
            Add(value);
        }
    }

    /// <inheritdoc/>
    public override void Clear() => _parameters.Clear();

    /// <inheritdoc/>
    public override bool Contains(object value) => IndexOf(value) >= 0;

    /// <inheritdoc/>
    public override bool Contains(string value) => IndexOf(value) >= 0;

    /// <inheritdoc/>
    public override void CopyTo(Array array, int index) => ((ICollection)_parameters).CopyTo(array, index);

    /// <inheritdoc/>
    public override IEnumerator GetEnumerator() => _parameters.GetEnumerator();

    /// <inheritdoc/>
    public override int IndexOf(object value) => value is PhantomDbParameter parameter ? _parameters.IndexOf(parameter) : -1;

    /// <inheritdoc/>
    public override int IndexOf(string parameterName) => parameterName is null ? -1 : IndexOfBare(PhantomDbParameter.BareNameOf(parameterName));

    /// <inheritdoc/>
    public override void Insert(int index, object value) => _parameters.Insert(index, Cast(value));

    /// <inheritdoc/>
    public override void Remove(object value) => _parameters.Remove(Cast(value));

    /// <inheritdoc/>
    public override void RemoveAt(int index) => _parameters.RemoveAt(index);

    /// <inheritdoc/>
    public override void RemoveAt(string parameterName) => _parameters.RemoveAt(IndexOfExisting(parameterName));

    bool ICollection<PhantomDbParameter>.IsReadOnly => false;

    void ICollection<PhantomDbParameter>.Add(PhantomDbParameter item) => Add(item);

    bool ICollection<PhantomDbParameter>.Contains(PhantomDbParameter item) => _parameters.Contains(item);

    void ICollection<PhantomDbParameter>.CopyTo(PhantomDbParameter[] array, int arrayIndex) => _parameters.CopyTo(array, arrayIndex);

    IEnumerator<PhantomDbParameter> IEnumerable<PhantomDbParameter>.GetEnumerator() => _parameters.GetEnumerator();

    int IList<PhantomDbParameter>.IndexOf(PhantomDbParameter item) => _parameters.IndexOf(item);

    void IList<PhantomDbParameter>.Insert(int index, PhantomDbParameter item) => Insert(index, item);

    bool ICollection<PhantomDbParameter>.Remove(PhantomDbParameter item) => _parameters.Remove(item);

    internal int IndexOfBare(ReadOnlySpan<char> bareName)
    {
        int found = -1;
        for (int i = 0; i < _parameters.Count; i++)
        {
            ReadOnlySpan<char> name = _parameters[i].BareName;
            if (name.SequenceEqual(bareName))
            {
                return i;
            }
            if (found < 0 && name.Equals(bareName, StringComparison.OrdinalIgnoreCase))
            {
                found = i;
            }
        }
        return found;
    }

    /// <inheritdoc/>
    protected override DbParameter GetParameter(int index) => At(index);

    /// <inheritdoc/>
    protected override DbParameter GetParameter(string parameterName) => At(IndexOfExisting(parameterName));

    /// <inheritdoc/>
    protected override void SetParameter(int index, DbParameter value)
    {
        At(index);
        _parameters[index] = Cast(value);
    }

    /// <inheritdoc/>
    protected override void SetParameter(string parameterName, DbParameter value) => _parameters[IndexOfExisting(parameterName)] = Cast(value);

    private PhantomDbParameter At(int index) => (uint)index < (uint)_parameters.Count
        ? _parameters[index]
        : throw new IndexOutOfRangeException($"There are {_parameters.Count} parameters, counted from 0; there is none at {index}.");

    private int IndexOfExisting(string parameterName)
    {
        int index = IndexOf(parameterName);
        return index >= 0 ? index : throw new IndexOutOfRangeException($"There is no parameter \"{parameterName}\".");
    }

    private static PhantomDbParameter Cast(object value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return value as PhantomDbParameter
            ?? throw new InvalidCastException($"A PhantomDbParameter is expected, not a {value.GetType().Name}: CreateParameter makes one, AddWithValue one with a value.");
    }
}
