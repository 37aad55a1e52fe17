using System.Collections.ObjectModel;
using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace PhantomDb.Data;

// What the columns of the current result are like, and which columns of tables they are. Keys, NULL and automatic values are told with CommandBehavior.KeyInfo
// alone: who fills a table by it (DataTable.Load(IDataReader)) takes them for constraints.
public sealed partial class PhantomDbDataReader
{
    /// <inheritdoc/>
    public ReadOnlyCollection<DbColumn> GetColumnSchema()
    {
        EnsureOpen();
        return new ReadOnlyCollection<DbColumn>([.. _columns.Select((column, ordinal) => (DbColumn)new PhantomDbColumn(column, ordinal, column.ClrType, (_behavior & CommandBehavior.KeyInfo) != 0))]);
    }

    /// <inheritdoc/>
    public override Task<ReadOnlyCollection<DbColumn>> GetColumnSchemaAsync(CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested ? Task.FromCanceled<ReadOnlyCollection<DbColumn>>(cancellationToken) : Task.FromResult(GetColumnSchema());

    /// <summary>One row for each column; null where there is no result.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2111", Justification = "A column of type Type is only ever filled with types; none is made by reflection.")]
    public override DataTable? GetSchemaTable()
    {
        EnsureOpen();
        if (_columns.Count == 0)
        {
            return null;
        }
        var table = new DataTable("SchemaTable") { Locale = CultureInfo.InvariantCulture };
        table.Columns.Add(SchemaTableColumn.ColumnName, typeof(string));
        table.Columns.Add(SchemaTableColumn.ColumnOrdinal, typeof(int));
        table.Columns.Add(SchemaTableColumn.ColumnSize, typeof(int));
        table.Columns.Add(SchemaTableColumn.NumericPrecision, typeof(short));
        table.Columns.Add(SchemaTableColumn.NumericScale, typeof(short));
        table.Columns.Add(SchemaTableColumn.DataType, typeof(Type));
        table.Columns.Add("DataTypeName", typeof(string));
        table.Columns.Add(SchemaTableColumn.ProviderType, typeof(int));
        table.Columns.Add(SchemaTableColumn.IsLong, typeof(bool));
        table.Columns.Add(SchemaTableColumn.AllowDBNull, typeof(bool));
        table.Columns.Add(SchemaTableColumn.IsUnique, typeof(bool));
        table.Columns.Add(SchemaTableColumn.IsKey, typeof(bool));
        table.Columns.Add(SchemaTableColumn.BaseSchemaName, typeof(string));
        table.Columns.Add(SchemaTableColumn.BaseTableName, typeof(string));
        table.Columns.Add(SchemaTableColumn.BaseColumnName, typeof(string));
        table.Columns.Add(SchemaTableColumn.IsAliased, typeof(bool));
        table.Columns.Add(SchemaTableColumn.IsExpression, typeof(bool));
        table.Columns.Add(SchemaTableOptionalColumn.IsAutoIncrement, typeof(bool));
        table.Columns.Add(SchemaTableOptionalColumn.IsReadOnly, typeof(bool));
        foreach (DbColumn column in GetColumnSchema())
        {
            DataRow row = table.NewRow();
            row[SchemaTableColumn.ColumnName] = column.ColumnName;
            row[SchemaTableColumn.ColumnOrdinal] = column.ColumnOrdinal!.Value;
            row[SchemaTableColumn.ColumnSize] = column.ColumnSize ?? -1;
            row[SchemaTableColumn.NumericPrecision] = (object?)(short?)column.NumericPrecision ?? DBNull.Value;
            row[SchemaTableColumn.NumericScale] = (object?)(short?)column.NumericScale ?? DBNull.Value;
            row[SchemaTableColumn.DataType] = column.DataType;
            row["DataTypeName"] = column.DataTypeName;
            row[SchemaTableColumn.ProviderType] = _columns[column.ColumnOrdinal.Value].TypeOid;
            row[SchemaTableColumn.IsLong] = column.IsLong!.Value;
            row[SchemaTableColumn.AllowDBNull] = (object?)column.AllowDBNull ?? DBNull.Value;
            row[SchemaTableColumn.IsUnique] = (object?)column.IsUnique ?? DBNull.Value;
            row[SchemaTableColumn.IsKey] = (object?)column.IsKey ?? DBNull.Value;
            row[SchemaTableColumn.BaseSchemaName] = (object?)column.BaseSchemaName ?? DBNull.Value;
            row[SchemaTableColumn.BaseTableName] = (object?)column.BaseTableName ?? DBNull.Value;
            row[SchemaTableColumn.BaseColumnName] = (object?)column.BaseColumnName ?? DBNull.Value;
            row[SchemaTableColumn.IsAliased] = column.IsAliased!.Value;
            row[SchemaTableColumn.IsExpression] = column.IsExpression!.Value;
            row[SchemaTableOptionalColumn.IsAutoIncrement] = (object?)column.IsAutoIncrement ?? DBNull.Value;
            row[SchemaTableOptionalColumn.IsReadOnly] = column.IsReadOnly!.Value;
            table.Rows.Add(row);
        }
        return table;
    }

    /// <summary>A column of a result, as far as the result itself knows.</summary>
    private sealed class PhantomDbColumn : DbColumn
    {
        public PhantomDbColumn(ResultColumn column, int ordinal, Type type, bool withKeys)
        {
            ColumnName = column.Name;
            ColumnOrdinal = ordinal;
            DataType = type;
            DataTypeName = column.TypeName;
            IsLong = false;   // of no type, however long its values are: all are compared by =, and a command builder leaves what is long out of WHERE, even a part of the key
            int[] modifiers = Modifiers(column.TypeName);
            switch (column.TypeOid)
            {
                case TypeOid.Numeric:
                    NumericPrecision = modifiers.Length > 0 ? modifiers[0] : null;
                    NumericScale = modifiers.Length > 1 ? modifiers[1] : modifiers.Length > 0 ? 0 : null;
                    break;
                case TypeOid.Varchar or TypeOid.Char:
                    ColumnSize = modifiers.Length > 0 ? modifiers[0] : null;
                    break;
                case TypeOid.Int2:
                    (ColumnSize, NumericPrecision, NumericScale) = (2, 5, 0);
                    break;
                case TypeOid.Int4:
                    (ColumnSize, NumericPrecision, NumericScale) = (4, 10, 0);
                    break;
                case TypeOid.Int8:
                    (ColumnSize, NumericPrecision, NumericScale) = (8, 19, 0);
                    break;
                case TypeOid.Real:
                    (ColumnSize, NumericPrecision) = (4, 7);
                    break;
                case TypeOid.Double:
                    (ColumnSize, NumericPrecision) = (8, 15);
                    break;
                case TypeOid.Boolean:
                    ColumnSize = 1;
                    break;
                case TypeOid.Date:
                    ColumnSize = 4;
                    break;
                case TypeOid.Time or TypeOid.Timestamp or TypeOid.TimestampTz:
                    ColumnSize = 8;
                    break;
                case TypeOid.Interval or TypeOid.Uuid:
                    ColumnSize = 16;
                    break;
            }
            ColumnOrigin? origin = column.Origin;
            BaseSchemaName = origin?.SchemaName;
            BaseTableName = origin?.TableName;
            BaseColumnName = origin?.ColumnName;
            IsExpression = origin is null;
            IsAliased = origin is not null && origin.ColumnName != column.Name;
            IsReadOnly = origin is null;
            if (withKeys)
            {
                IsKey = origin is { IsKey: true };
                IsUnique = origin is { IsUnique: true };
                AllowDBNull = origin is not { IsNotNull: true };
                IsAutoIncrement = origin is { IsAutoIncrement: true };
            }
        }

        // numeric(10,2), character varying(20)
        private static int[] Modifiers(string typeName)
        {
            int open = typeName.IndexOf('(', StringComparison.Ordinal);
            int close = typeName.IndexOf(')', StringComparison.Ordinal);
            return open < 0 || close < open
                ? []
                : [.. typeName[(open + 1)..close].Split(',').Select(number => int.Parse(number, NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture))];
        }
    }
}
