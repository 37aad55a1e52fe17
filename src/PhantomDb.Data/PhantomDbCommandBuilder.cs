using System.Data;
using System.Data.Common;
using System.Globalization;

namespace PhantomDb.Data;

/// <summary>
/// Makes the commands with which an adapter writes changes back, from its query: one of a single table, with its primary key. What nobody else may have changed meanwhile,
/// <see cref="DbCommandBuilder.ConflictOption"/> says.
/// </summary>
public sealed class PhantomDbCommandBuilder : DbCommandBuilder
{
    /// <summary>A builder whose adapter is to be set.</summary>
    public PhantomDbCommandBuilder()
    {
        QuotePrefix = "\"";
        QuoteSuffix = "\"";
    }

    /// <summary>A builder for an adapter.</summary>
    public PhantomDbCommandBuilder(PhantomDbDataAdapter? adapter)
        : this() => DataAdapter = adapter;

    /// <summary>The adapter.</summary>
    public new PhantomDbDataAdapter? DataAdapter { get => (PhantomDbDataAdapter?)base.DataAdapter; set => base.DataAdapter = value; }

    /// <summary>A name as SQL has it: in quotes, with those in it doubled.</summary>
    public override string QuoteIdentifier(string unquotedIdentifier)
    {
        ArgumentNullException.ThrowIfNull(unquotedIdentifier);
        return $"\"{unquotedIdentifier.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    /// <summary>The name that SQL has in quotes; one without them as it is.</summary>
    public override string UnquoteIdentifier(string quotedIdentifier)
    {
        ArgumentNullException.ThrowIfNull(quotedIdentifier);
        return quotedIdentifier is ['"', .., '"'] ? quotedIdentifier[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal) : quotedIdentifier;
    }

    /// <summary>Nothing: a value has its type, and NULL that of its column.</summary>
    protected override void ApplyParameterInfo(DbParameter parameter, DataRow row, StatementType statementType, bool whereClause) => parameter.ResetDbType();

    /// <inheritdoc/>
    protected override string GetParameterName(int parameterOrdinal) => string.Create(CultureInfo.InvariantCulture, $"@p{parameterOrdinal}");

    /// <inheritdoc/>
    protected override string GetParameterName(string parameterName) => $"@{parameterName}";

    /// <inheritdoc/>
    protected override string GetParameterPlaceholder(int parameterOrdinal) => GetParameterName(parameterOrdinal);

    /// <inheritdoc/>
    protected override void SetRowUpdatingHandler(DbDataAdapter adapter)
    {
        var of = (PhantomDbDataAdapter)adapter;
        if (ReferenceEquals(adapter, base.DataAdapter))
        {
            of.RowUpdating -= OnRowUpdating;   // it is being taken away
        }
        else
        {
            of.RowUpdating += OnRowUpdating;
        }
    }

    private void OnRowUpdating(object? sender, RowUpdatingEventArgs args) => RowUpdatingHandler(args);
}
