using System.Collections;

namespace PhantomDb.Expressions;

/// <summary>An immutable list of expressions, compared by content so that expressions are.</summary>
internal sealed class ExpressionList(params Expression[] items) : IReadOnlyList<Expression>, IEquatable<ExpressionList>
{
    private readonly Expression[] _items = items;

    public ExpressionList(IEnumerable<Expression> items) : this(items.ToArray())
    {
    }

    public int Count => _items.Length;

    public Expression this[int index] => _items[index];

    public ReadOnlySpan<Expression> AsSpan() => _items;

    public bool Equals(ExpressionList? other) => other is not null && _items.AsSpan().SequenceEqual(other._items);

    public override bool Equals(object? obj) => Equals(obj as ExpressionList);

    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (Expression item in _items)
        {
            hash.Add(item);
        }
        return hash.ToHashCode();
    }

    public IEnumerator<Expression> GetEnumerator() => ((IEnumerable<Expression>)_items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _items.GetEnumerator();
}
