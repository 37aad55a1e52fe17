using PhantomDb.Errors;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning;
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
        bound = bound with { ParameterTypes = [.. state.ParameterTypes], Dependencies = state.Dependencies, DependsOnTime = state.DependsOnTime };
        return bound is BoundPlan plan ? plan with { PinnedParameters = state.PinnedParameters } : bound;
    }

    private static BoundStatement BindStatement(Statement statement, BindingState state) => statement switch
    {
        SelectStatement select => BindSelect(select, state),
        InsertStatement insert => new ModificationBinder(state).BindInsert(insert),
        UpdateStatement update => new ModificationBinder(state).BindUpdate(update),
        DeleteStatement delete => new ModificationBinder(state).BindDelete(delete),
        MergeStatement => throw Error.NotSupported("MERGE", statement.Position),
        CopyStatement copy => CopyBinder.Bind(copy, state),
        ExplainStatement explain => BindExplain(explain, state),

        CreateDatabaseStatement create => BindCreateDatabase(create),
        DropDatabaseStatement drop => BindDropDatabase(drop),
        CreateSchemaStatement create => new SchemaBinder(state).BindCreateSchema(create),
        CreateTableStatement create => new SchemaBinder(state).BindCreateTable(create),
        CreateTableAsStatement create => new SchemaBinder(state).BindCreateTableAs(create),
        CreateViewStatement create => new SchemaBinder(state).BindCreateView(create),
        CreateIndexStatement create => new SchemaBinder(state).BindCreateIndex(create),
        CreateSequenceStatement create => new SchemaBinder(state).BindCreateSequence(create),
        AlterTableStatement alter => new SchemaBinder(state).BindAlterTable(alter),
        AlterSequenceStatement alter => new SchemaBinder(state).BindAlterSequence(alter),
        AlterSchemaStatement move => new SchemaBinder(state).BindSetSchema(move),
        AlterRenameStatement rename => new SchemaBinder(state).BindRename(rename),
        DropStatement drop => new SchemaBinder(state).BindDrop(drop),
        ReindexStatement reindex => new SchemaBinder(state).BindReindex(reindex),
        CommentStatement comment => new SchemaBinder(state).BindComment(comment),
        TruncateStatement truncate => BindTruncate(truncate, state),
        LockStatement @lock => BindLock(@lock, state),

        AlterOwnerStatement owner => BindAlterOwner(owner),
        GrantStatement grant => throw Error.NotSupported(grant.IsGrant ? "GRANT" : "REVOKE", statement.Position),

        SetStatement or ResetStatement or ShowStatement or BeginStatement or CommitStatement or RollbackStatement or SavepointStatement
            or ReleaseSavepointStatement or RollbackToSavepointStatement or SetTransactionStatement or SetConstraintsStatement or PrepareStatement or ExecuteStatement
            or DeallocateStatement or DiscardStatement or AnalyzeStatement or VacuumStatement or CheckpointStatement => BindSessionStatement(statement, state),
        UnsupportedStatement unsupported => throw Error.NotSupported(unsupported.Feature, statement.Position),
        _ => throw Error.NotSupported(NameOf(statement), statement.Position),
    };

    /// <summary>The words of a statement's record: "DECLARE CURSOR".</summary>
    private static string NameOf(Statement statement)
    {
        switch (statement)
        {
            case CreateEnumStatement or CreateCompositeTypeStatement:
                return "CREATE TYPE";
            case CloseCursorStatement:
                return "CLOSE";
        }
        string name = statement.GetType().Name.Replace("Statement", "", StringComparison.Ordinal);
        return string.Concat(name.Select((c, i) => i > 0 && char.IsUpper(c) ? $" {c}" : char.ToUpperInvariant(c).ToString()));
    }

    private static BoundPlan BindSelect(SelectStatement select, BindingState state)
    {
        var binder = new QueryBinder(state, null, null) { IsTopLevel = true };
        BoundQuery query = binder.Bind(select);
        return new BoundPlan(query.Plan, "SELECT") { Steps = binder.Steps, ResultColumns = query.Columns, DeclaredColumns = DeclaredColumns.Find(query.Plan) };
    }
}
