using System.Globalization;
using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;

namespace PhantomDb.Binding;

/// <summary>Sequences and their options.</summary>
internal sealed partial class SchemaBinder
{
    public SchemaChange BindCreateSequence(CreateSequenceStatement statement)
    {
        RefuseTemporary(statement.Persistence, "sequence", statement.Position);
        string schema = Relations.SchemaForNew(state, statement.Name);
        if (IsTaken(schema, statement.Name.Name, statement.IfNotExists, statement.Name.Position))
        {
            return _change.Build("CREATE SEQUENCE");
        }
        var plain = new SequenceDefinition(_change.TakeOid(), schema, statement.Name.Name);
        SequenceDefinition sequence = WithOptions(plain, statement.Options, isNew: true, out _);
        _change.Put(sequence);
        _change.Do(new CreateSequenceStorage(sequence));
        return _change.Build("CREATE SEQUENCE");
    }

    public SchemaChange BindAlterSequence(AlterSequenceStatement statement)
    {
        object? found = Find(statement.Name);
        if (found is null && statement.IfExists)
        {
            _change.Notice($"relation \"{statement.Name}\" does not exist, skipping");
            return _change.Build("ALTER SEQUENCE");
        }
        SequenceDefinition sequence = found as SequenceDefinition ?? throw (found is null
            ? NameHints.RelationNotFound(state, statement.Name, [NameHints.Sequence])
            : Error.At(SqlStates.WrongObjectType, $"\"{statement.Name.Name}\" is not a sequence", statement.Name.Position));
        AlterSequence(sequence, statement.Options);
        return _change.Build("ALTER SEQUENCE");
    }

    private void AlterSequence(SequenceDefinition sequence, SyntaxList<SequenceOption> options)
    {
        SequenceDefinition changed = WithOptions(sequence, options, isNew: false, out long? restart);
        _change.Put(changed with { Version = sequence.Version + 1 });
        if (restart is { } value)
        {
            _change.Do(new RestartSequence(sequence.Oid, value));
        }
    }

    /// <summary>The sequence of a serial or identity column.</summary>
    private SequenceDefinition OwnedSequence(string schema, string table, int tableOid, string column, int columnNumber, SqlType type, SyntaxList<SequenceOption> options, SequenceDefinition? like = null)
    {
        SequenceOption? named = options.FirstOrDefault(o => o.Kind == SequenceOptionKind.SequenceName);
        string name = named?.Name?.Name ?? ObjectNames.Choose(table, column, "seq", n => _change.Catalog.FindRelation(schema, n) is not null);
        var plain = new SequenceDefinition(_change.TakeOid(), schema, name) { Type = type, Maximum = SequenceDefinition.MaximumOf(type), OwnerTableOid = tableOid, OwnerColumnNumber = columnNumber };
        SequenceDefinition sequence = like is null
            ? WithOptions(plain, options, isNew: true, out _)
            : like with { Oid = plain.Oid, Schema = schema, Name = name, OwnerTableOid = tableOid, OwnerColumnNumber = columnNumber, Version = 0, Comment = null };
        _change.Put(sequence);
        _change.Do(new CreateSequenceStorage(sequence));
        return sequence;
    }

    private SequenceDefinition WithOptions(SequenceDefinition sequence, SyntaxList<SequenceOption> options, bool isNew, out long? restart)
    {
        long? increment = null, minimum = null, maximum = null, start = null, cache = null;
        bool resetsMinimum = isNew, resetsMaximum = isNew, restarts = false;
        bool? cycles = null;
        long? restartValue = null;
        SequenceOption? owner = null;
        SqlType type = sequence.Type;
        foreach (SequenceOption option in options)
        {
            switch (option.Kind)
            {
                case SequenceOptionKind.Type:
                    SqlType given = TypeNames.Bind(option.Type!);
                    if (!given.IsInteger)
                    {
                        throw Error.At(SqlStates.InvalidParameterValue, "sequence type must be smallint, integer, or bigint", option.Position);
                    }
                    resetsMaximum |= sequence.Maximum == SequenceDefinition.MaximumOf(type);
                    resetsMinimum |= sequence.Minimum == SequenceDefinition.MinimumOf(type);
                    type = given;
                    break;
                case SequenceOptionKind.Increment:
                    increment = Number(option);
                    break;
                case SequenceOptionKind.MinValue:
                    minimum = Number(option);
                    break;
                case SequenceOptionKind.MaxValue:
                    maximum = Number(option);
                    break;
                case SequenceOptionKind.NoMinValue:
                    resetsMinimum = true;
                    break;
                case SequenceOptionKind.NoMaxValue:
                    resetsMaximum = true;
                    break;
                case SequenceOptionKind.Start:
                    start = Number(option);
                    break;
                case SequenceOptionKind.Restart:
                    restarts = true;
                    restartValue = option.Number is null ? null : Number(option);
                    break;
                case SequenceOptionKind.Cache:
                    cache = Number(option);
                    break;
                case SequenceOptionKind.Cycle:
                    cycles = true;
                    break;
                case SequenceOptionKind.NoCycle:
                    cycles = false;
                    break;
                case SequenceOptionKind.OwnedBy:
                    owner = option;
                    break;
                case SequenceOptionKind.SequenceName or SequenceOptionKind.Logged or SequenceOptionKind.Unlogged:
                    break;
            }
        }
        long step = increment ?? sequence.Increment;
        if (step == 0)
        {
            throw Error.At(SqlStates.InvalidParameterValue, "INCREMENT must not be zero", -1);
        }
        long max = maximum ?? (resetsMaximum ? (step > 0 ? SequenceDefinition.MaximumOf(type) : -1) : sequence.Maximum);
        long min = minimum ?? (resetsMinimum ? (step > 0 ? 1 : SequenceDefinition.MinimumOf(type)) : sequence.Minimum);
        if (max > SequenceDefinition.MaximumOf(type) || max < SequenceDefinition.MinimumOf(type))
        {
            throw Error.At(SqlStates.InvalidParameterValue, $"MAXVALUE ({max}) is out of range for sequence data type {type.BaseName}", -1);
        }
        if (min < SequenceDefinition.MinimumOf(type) || min > SequenceDefinition.MaximumOf(type))
        {
            throw Error.At(SqlStates.InvalidParameterValue, $"MINVALUE ({min}) is out of range for sequence data type {type.BaseName}", -1);
        }
        if (min >= max)
        {
            throw Error.At(SqlStates.InvalidParameterValue, $"MINVALUE ({min}) must be less than MAXVALUE ({max})", -1);
        }
        long first = start ?? (isNew ? (step > 0 ? min : max) : sequence.Start);
        CheckRange("START", first, min, max);
        restart = restarts ? restartValue ?? first : null;
        if (restart is { } value)
        {
            CheckRange("RESTART", value, min, max);
        }
        if (cache is < 1)
        {
            throw Error.At(SqlStates.InvalidParameterValue, $"CACHE ({cache}) must be greater than zero", -1);
        }
        SequenceDefinition result = sequence with
        {
            Type = type, Increment = step, Minimum = min, Maximum = max, Start = first,
            Cache = (int)Math.Min(cache ?? sequence.Cache, int.MaxValue), Cycles = cycles ?? sequence.Cycles,
        };
        return owner is null ? result : WithOwner(result, owner);
    }

    private static void CheckRange(string name, long value, long min, long max)
    {
        if (value < min)
        {
            throw Error.At(SqlStates.InvalidParameterValue, $"{name} value ({value}) cannot be less than MINVALUE ({min})", -1);
        }
        if (value > max)
        {
            throw Error.At(SqlStates.InvalidParameterValue, $"{name} value ({value}) cannot be greater than MAXVALUE ({max})", -1);
        }
    }

    private static long Number(SequenceOption option) =>
        long.TryParse(option.Number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value)
            ? value : throw Error.At(SqlStates.NumericValueOutOfRange, $"value \"{option.Number}\" is out of range for type bigint", option.Position);

    private SequenceDefinition WithOwner(SequenceDefinition sequence, SequenceOption option)
    {
        if (option.Name is null)
        {
            return sequence with { OwnerTableOid = 0, OwnerColumnNumber = 0 };
        }
        if (option.Name.Parts.Count < 2)
        {
            throw Error.At(SqlStates.SyntaxError, "invalid OWNED BY option", option.Position, hint: "Specify OWNED BY table.column or OWNED BY NONE.");
        }
        TableDefinition table = FindTable(new QualifiedName(option.Name.Parts.AsSpan()[..^1].ToArray().ToSyntaxList(), option.Name.Position), "own a sequence by");
        if (table.Schema != sequence.Schema)
        {
            throw Error.At(SqlStates.ObjectNotInPrerequisiteState, "sequence must be in same schema as table it is linked to", option.Position);
        }
        int place = table.IndexOf(option.Name.Name);
        if (place < 0)
        {
            throw Error.ColumnOfRelationNotFound(option.Name.Name, table.Name, option.Position, table.Columns.Select(column => column.Name));
        }
        return sequence with { OwnerTableOid = table.Oid, OwnerColumnNumber = table.Columns[place].Number };
    }
}
