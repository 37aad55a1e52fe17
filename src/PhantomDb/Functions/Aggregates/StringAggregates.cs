using PhantomDb.Errors;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Functions.Aggregates;

/// <summary>string_agg of text and bytea; json_agg says that it is not supported.</summary>
internal static class StringAggregates
{
    public static void AddTo(List<AggregateFunction> functions)
    {
        foreach (SqlType type in new[] { SqlType.Text, SqlType.Bytea })
        {
            functions.Add(new AggregateFunction("string_agg", [type.Id, type.Id], _ =>
                new BoundAggregate("string_agg", type, [type, type], account => new StringAggregateState(account))
                {
                    IsOrderSensitive = true,
                }));
        }

        foreach (string name in new[] { "json_agg", "jsonb_agg" })
        {
            functions.Add(new AggregateFunction(name, [SqlTypeId.Unknown], _ => throw Error.NotSupported(name)) { TakesAny = true });
        }
    }
}

/// <summary>
/// Strings put together, with delimiters between. Each group's bytes stand in a buffer that doubles; a value's delimiter
/// goes before it, so the first value's is not used.
/// </summary>
internal sealed class StringAggregateState(MemoryAccount account) : AggregateState
{
    private readonly MemoryAccount _account = account;
    private readonly GroupArray<Group> _groups = new(account);

    public override void EnsureGroups(int count) => _groups.Ensure(count);

    public override void Update(in KernelArguments arguments, int[]? groups)
    {
        Vector values = arguments[0];
        Vector delimiters = arguments[1];
        for (int k = 0; k < arguments.Count; k++)
        {
            int i = arguments.HasSelection ? arguments.Selection[k] : k;
            int from = values.PositionOf(i);
            if (!values.IsValid(from))
            {
                continue;
            }

            int delimiterAt = delimiters.PositionOf(i);
            ReadOnlySpan<byte> delimiter = delimiters.IsValid(delimiterAt)
                ? StringView.Bytes(in delimiters.Data<StringView>()[delimiterAt], delimiters.Blocks) : default;
            ReadOnlySpan<byte> value = StringView.Bytes(in values.Data<StringView>()[from], values.Blocks);
            Append(ref _groups.Items[groups is null ? 0 : groups[i]], delimiter, value);
        }
    }

    /// <summary>The delimiter of the other's first value is kept, because it stands between the two parts.</summary>
    public override void Combine(AggregateState other, ReadOnlySpan<int> groupMap)
    {
        var same = (StringAggregateState)other;
        for (int i = 0; i < groupMap.Length; i++)
        {
            ref Group theirs = ref same._groups.Items[i];
            if (theirs.Buffer is not null)
            {
                Append(ref _groups.Items[groupMap[i]], theirs.Buffer.Written[..theirs.FirstDelimiterLength], theirs.Buffer.Written[theirs.FirstDelimiterLength..]);
            }
        }
    }

    public override void Emit(int first, int count, Vector result)
    {
        Span<StringView> target = result.Write<StringView>();
        for (int i = 0; i < count; i++)
        {
            ref Group group = ref _groups.Items[first + i];
            if (group.Buffer is null)
            {
                result.SetNull(i);
            }
            else
            {
                target[i] = result.Heap.Add(group.Buffer.Written[group.FirstDelimiterLength..]);
            }
        }

        result.SealStrings();
    }

    private void Append(ref Group group, ReadOnlySpan<byte> delimiter, ReadOnlySpan<byte> value)
    {
        if (group.Buffer is null)
        {
            group.Buffer = new TextBuffer(_account);
            group.FirstDelimiterLength = delimiter.Length;
        }

        group.Buffer.Append(delimiter);
        group.Buffer.Append(value);
    }

    private struct Group
    {
        public TextBuffer? Buffer;
        public int FirstDelimiterLength;
    }
}
