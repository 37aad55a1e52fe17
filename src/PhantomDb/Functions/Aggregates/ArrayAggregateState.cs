using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Functions.Aggregates;

/// <summary>array_agg: the values of a group as an array, NULLs among them. Each group's array grows as text.</summary>
internal sealed class ArrayAggregateState(SqlType type, MemoryAccount account) : AggregateState
{
    private readonly GroupArray<Group> _groups = new(account);
    private readonly TextBuffer _value = new();
    private TextOutput? _text;

    public static void AddTo(List<AggregateFunction> functions) =>
        functions.Add(new AggregateFunction("array_agg", [SqlTypeId.Unknown], types => Bind(types[0])) { TakesAny = true });

    public static BoundAggregate Bind(SqlType type) => type.IsArray || BuiltInTypeOids.ArrayOf(type.Id) == 0
        ? throw Errors.Error.NotSupported($"array_agg of {type.BaseName}")
        : new BoundAggregate("array_agg", SqlType.ArrayOf(type.Id), [type], account => new ArrayAggregateState(type, account)) { IsOrderSensitive = true };

    public override void EnsureGroups(int count) => _groups.Ensure(count);

    public override void Update(in KernelArguments arguments, int[]? groups)
    {
        _text ??= new TextOutput(type, arguments.Statement);
        Vector values = arguments[0];
        for (int k = 0; k < arguments.Count; k++)
        {
            int i = arguments.HasSelection ? arguments.Selection[k] : k;
            TextBuffer group = _groups.Items[groups is null ? 0 : groups[i]].Buffer ??= new TextBuffer(account);
            if (group.Length > 0)
            {
                group.Append((byte)',');
            }
            if (!values.IsValid(i))
            {
                group.Append("NULL"u8);
                continue;
            }
            _value.Clear();
            _text.Write(values, i, _value);
            ArrayText.WriteElement(_value.Written, group);
        }
    }

    public override void Combine(AggregateState other, ReadOnlySpan<int> groupMap)
    {
        var same = (ArrayAggregateState)other;
        for (int i = 0; i < groupMap.Length; i++)
        {
            if (same._groups.Items[i].Buffer is not { } theirs)
            {
                continue;
            }
            TextBuffer group = _groups.Items[groupMap[i]].Buffer ??= new TextBuffer(account);
            if (group.Length > 0)
            {
                group.Append((byte)',');
            }
            group.Append(theirs.Written);
        }
    }

    public override void Emit(int first, int count, Vector result)
    {
        Span<StringView> target = result.Write<StringView>();
        var array = new TextBuffer(account);
        for (int i = 0; i < count; i++)
        {
            if (_groups.Items[first + i].Buffer is not { } group)
            {
                result.SetNull(i);
                continue;
            }
            array.Clear();
            array.Append((byte)'{');
            array.Append(group.Written);
            array.Append((byte)'}');
            target[i] = result.Heap.Add(array.Written);
        }
        result.SealStrings();
    }

    private struct Group
    {
        public TextBuffer? Buffer;
    }
}
