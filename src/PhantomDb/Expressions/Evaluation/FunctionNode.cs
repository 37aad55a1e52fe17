using System.Runtime.CompilerServices;
using PhantomDb.Functions;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Expressions.Evaluation;

/// <summary>
/// Calls a function's kernel (a cast's too). Keeps from the kernel what kernels need not know: constants are computed
/// once, NULL arguments of strict functions give NULL, and a kernel that could fail sees valid rows only.
/// </summary>
internal sealed class FunctionNode : ExpressionNode
{
    private readonly BoundScalarFunction _function;
    private readonly ExpressionNode[] _arguments;
    private readonly Vector[] _vectors;
    private readonly Vector _result;
    private readonly IStatementContext _statement;
    private readonly KernelState _state = new();
    private readonly bool _needsValidRows;
    private int[]? _validRows;
    private ulong[]? _mask;

    public FunctionNode(BoundScalarFunction function, ExpressionNode[] arguments, IStatementContext statement)
    {
        _function = function;
        _arguments = arguments;
        _vectors = new Vector[arguments.Length];
        _result = new Vector(function.ReturnType.Physical, statement.Memory);
        _statement = statement;
        // The bytes of a NULL string are nowhere: no kernel may look at them.
        _needsValidRows = function.IsStrict
            && (function.IsFallible || function.ArgumentTypes.Any(type => type.Physical == PhysicalType.String));
    }

    [MethodImpl(HotLoop.Options)]
    public override Vector Evaluate(in RowSet rows)
    {
        EnsureStack();
        bool isConstant = _function.Volatility != Volatility.Volatile;
        for (int i = 0; i < _arguments.Length; i++)
        {
            Vector argument = _arguments[i].Evaluate(rows);
            if (argument.IsConstant && _function.IsStrict && !argument.IsValid(0))
            {
                _result.SetConstantNull();
                return _result;
            }

            _vectors[i] = argument;
            isConstant &= argument.IsConstant;
        }

        // Not what the kernel is called for: others read all of these rows' positions, where some are NULL too.
        _result.LimitRoom(isConstant ? 1 : rows.End);
        if (rows.Count == 0)
        {
            _result.SetConstantNull();
        }
        else if (isConstant)
        {
            Call(null, 1);
            _result.MarkConstant();
        }
        else if (_function.IsStrict)
        {
            CallStrict(rows);
        }
        else
        {
            Call(rows.Selection, rows.Count);
        }

        return _result;
    }

    private void CallStrict(in RowSet rows)
    {
        ulong[]? validity = MergeValidity();
        if (validity is null || !_needsValidRows)
        {
            Call(rows.Selection, rows.Count);
        }
        else
        {
            int count = Selections.Valid(rows, validity, DataChunk.EnsureRoom(ref _validRows, rows.Count));
            if (count == 0)
            {
                _result.SetConstantNull();
                return;
            }

            Call(count == rows.Count ? rows.Selection : _validRows, count);
        }

        if (validity is not null)
        {
            SetResultValidity(validity);
        }
    }

    [MethodImpl(HotLoop.Options)]
    private void SetResultValidity(ulong[] validity)
    {
        if (_result.Validity is null)
        {
            _result.SetValidity(validity);
            return;
        }

        ulong[] own = _result.WriteValidity();
        for (int i = 0; i < validity.Length; i++)
        {
            own[i] &= validity[i];
        }
    }

    /// <summary>Where all flat arguments are valid; null where there are no NULLs.</summary>
    [MethodImpl(HotLoop.Options)]
    private ulong[]? MergeValidity()
    {
        ulong[]? merged = null;
        foreach (Vector vector in _vectors)
        {
            ulong[]? mask = vector.IsConstant ? null : vector.Validity;
            if (mask is null || ReferenceEquals(mask, merged))
            {
                continue;
            }

            if (merged is null)
            {
                merged = mask;
                continue;
            }

            _mask ??= new ulong[ValidityMask.WordCount];
            int common = Math.Min(mask.Length, merged.Length);
            for (int i = 0; i < common; i++)
            {
                _mask[i] = merged[i] & mask[i];
            }

            merged = _mask;
        }

        return merged;
    }

    private void Call(int[]? selection, int count)
    {
        var arguments = new KernelArguments
        {
            Vectors = _vectors,
            Selection = selection is null ? default : selection.AsSpan(0, count),
            HasSelection = selection is not null,
            Count = count,
            Statement = _statement,
            State = _state,
        };
        _function.Kernel(in arguments, _result);
    }
}
