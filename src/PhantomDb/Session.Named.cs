using PhantomDb.Binding;
using PhantomDb.Errors;
using PhantomDb.Execution;
using PhantomDb.Expressions;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb;

// Statements prepared by name in SQL: PREPARE, EXECUTE, DEALLOCATE, DISCARD. They outlive transactions, rolled back ones too.
public sealed partial class Session : IPreparedStatements
{
    private readonly Dictionary<string, StatementPlan> _named = new(StringComparer.Ordinal);

    IReadOnlyList<SqlType>? IPreparedStatements.FindParameterTypes(string name) => _named.GetValueOrDefault(name)?.ParameterTypes;

    private StatementResult PrepareByName(PrepareCommand prepare, PrepareStatement statement)
    {
        if (_named.ContainsKey(prepare.Name))
        {
            throw new PhantomDbException(SqlStates.DuplicatePreparedStatement, $"prepared statement \"{prepare.Name}\" already exists");
        }
        StatementPlan plan = new(this, statement.Statement, prepare.Statement.ParameterTypes) { IsPromised = true };
        plan.BoundFor(_statement.Catalog);   // what it promises
        _named.Add(prepare.Name, plan);
        return new StatementResult(prepare.CommandTag);
    }

    private StatementResult ExecuteByName(ExecuteCommand execute)
    {
        StatementPlan plan = Named(execute.Name);
        return WithArguments(execute, plan, () => Carry(plan.BoundFor(_statement.Catalog), plan.Statement));
    }

    private StatementResult ExplainByName(BoundExplain explain, ExecuteCommand execute)
    {
        StatementPlan plan = Named(execute.Name);
        return WithArguments(execute, plan, () => Carry(explain with { Statement = plan.BoundFor(_statement.Catalog) }, plan.Statement));
    }

    // The arguments are evaluated first, then they are what the statement's parameters stand for.
    private StatementResult WithArguments(ExecuteCommand execute, StatementPlan plan, Func<StatementResult> carry)
    {
        EvaluationContext evaluation = NewScope().Evaluation;
        Vector[] arguments =
            [.. execute.Arguments.Select(argument => ExpressionEvaluator.MakeConstant(argument.Type, ExpressionEvaluator.EvaluateConstant(argument, evaluation)))];
        (Vector[] parameters, StatementPlan? outer) = (_parameters, _plan);
        (_parameters, _plan) = (arguments, plan);
        try
        {
            return carry();
        }
        finally
        {
            (_parameters, _plan) = (parameters, outer);
        }
    }

    private StatementResult Deallocate(DeallocateCommand deallocate)
    {
        if (deallocate.Name is null)
        {
            _named.Clear();
        }
        else
        {
            Named(deallocate.Name);
            _named.Remove(deallocate.Name);
        }
        return new StatementResult(deallocate.CommandTag);
    }

    private StatementResult Discard(DiscardCommand discard)
    {
        bool isAll = discard.Target == "all";
        if (isAll)
        {
            EnsureNoTransaction(discard);
            _named.Clear();
            _settings.ResetAll();
        }
        if (isAll || discard.Target == "plans")
        {
            _plans.Clear();
            foreach (StatementPlan plan in _named.Values)
            {
                plan.Discard();
            }
        }
        if (isAll || discard.Target == "sequences")
        {
            _statement.ForgetSequences();
        }
        return new StatementResult(discard.CommandTag);   // there are no temporary tables
    }

    private StatementPlan Named(string name) => _named.GetValueOrDefault(name)
        ?? throw new PhantomDbException(SqlStates.InvalidStatementName, $"prepared statement \"{name}\" does not exist");
}
