using PhantomDb.Errors;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning.Logical;

namespace PhantomDb.Binding;

/// <summary>
/// A statement as written, to a plan or command: names are looked up, types inferred, casts made explicit. Reads the
/// catalog, changes nothing.
/// </summary>
internal static partial class Binder
{
    public static BoundStatement Bind(Statement statement, BinderContext context)
    {
        var state = new BindingState(context);
        BoundStatement bound = BindStatement(statement, state);
        state.PinUnusedLiterals();
        state.CheckParameters();
        bound = bound with { ParameterTypes = [.. state.ParameterTypes], Dependencies = state.Dependencies };
        return bound is BoundPlan plan ? plan with { PinnedParameters = state.PinnedParameters } : bound;
    }

    private static BoundStatement BindStatement(Statement statement, BindingState state) => statement switch
    {
        SelectStatement select => BindSelect(select, state),
        UnsupportedStatement unsupported => throw Error.NotSupported(unsupported.Feature, statement.Position),
        _ => throw Error.NotSupported(statement.GetType().Name.Replace("Statement", "", StringComparison.Ordinal), statement.Position),
    };

    private static BoundPlan BindSelect(SelectStatement select, BindingState state)
    {
        BoundQuery query = new QueryBinder(state, null, null).Bind(select);
        return new BoundPlan(query.Plan, "SELECT") { ResultColumns = query.Columns };
    }
}
