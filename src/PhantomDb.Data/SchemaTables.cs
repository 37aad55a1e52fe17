using System.Data;
using System.Data.Common;
using System.Globalization;

namespace PhantomDb.Data;

/// <summary>The collections of <see cref="PhantomDbConnection.GetSchema(string)"/> that are the same in every database.</summary>
internal static class SchemaTables
{
    private const int NumericPrecisionMax = 1000;

    // Name, name for itself, what a CREATE TABLE takes behind it, type in .NET; the first of a type is the best.
    private static readonly (string Name, int Oid, string? Parameters, Type Type)[] Types =
    [
        ("boolean", TypeOid.Boolean, null, typeof(bool)), ("smallint", TypeOid.Int2, null, typeof(short)), ("integer", TypeOid.Int4, null, typeof(int)),
        ("bigint", TypeOid.Int8, null, typeof(long)), ("numeric", TypeOid.Numeric, "precision,scale", typeof(decimal)), ("real", TypeOid.Real, null, typeof(float)),
        ("double precision", TypeOid.Double, null, typeof(double)), ("text", TypeOid.Text, null, typeof(string)), ("character varying", TypeOid.Varchar, "length", typeof(string)),
        ("character", TypeOid.Char, "length", typeof(string)), ("bytea", TypeOid.Bytea, null, typeof(byte[])), ("date", TypeOid.Date, null, typeof(DateOnly)),
        ("time without time zone", TypeOid.Time, "precision", typeof(TimeOnly)), ("timestamp without time zone", TypeOid.Timestamp, "precision", typeof(DateTime)),
        ("timestamp with time zone", TypeOid.TimestampTz, "precision", typeof(DateTime)), ("interval", TypeOid.Interval, "precision", typeof(TimeSpan)), ("uuid", TypeOid.Uuid, null, typeof(Guid)),
    ];

    private static readonly (string Name, int PartCount)[] Fixed =
    [
        (DbMetaDataCollectionNames.MetaDataCollections, 0), (DbMetaDataCollectionNames.Restrictions, 0), (DbMetaDataCollectionNames.DataSourceInformation, 0),
        (DbMetaDataCollectionNames.DataTypes, 0), (DbMetaDataCollectionNames.ReservedWords, 0),
    ];

    public static DataTable New(string name) => new(name) { Locale = CultureInfo.InvariantCulture };

    /// <summary>Null where there is none of that name.</summary>
    public static DataTable? TryMake(string name, string version) =>
        Is(name, DbMetaDataCollectionNames.MetaDataCollections) ? MetaDataCollections()
        : Is(name, DbMetaDataCollectionNames.Restrictions) ? Restrictions()
        : Is(name, DbMetaDataCollectionNames.DataSourceInformation) ? DataSourceInformation(version)
        : Is(name, DbMetaDataCollectionNames.DataTypes) ? DataTypes()
        : Is(name, DbMetaDataCollectionNames.ReservedWords) ? ReservedWords() : null;

    private static bool Is(string name, string other) => name.Equals(other, StringComparison.OrdinalIgnoreCase);

    private static DataTable MetaDataCollections()
    {
        DataTable table = New(DbMetaDataCollectionNames.MetaDataCollections);
        table.Columns.Add(DbMetaDataColumnNames.CollectionName, typeof(string));
        table.Columns.Add(DbMetaDataColumnNames.NumberOfRestrictions, typeof(int));
        table.Columns.Add(DbMetaDataColumnNames.NumberOfIdentifierParts, typeof(int));
        foreach ((string name, int partCount) in Fixed)
        {
            table.Rows.Add(name, 0, partCount);
        }
        foreach (SchemaCollection collection in SchemaCollection.All)
        {
            table.Rows.Add(collection.Name, collection.Restrictions.Length, collection.IdentifierPartCount);
        }
        return table;
    }

    private static DataTable Restrictions()
    {
        DataTable table = New(DbMetaDataCollectionNames.Restrictions);
        table.Columns.Add(DbMetaDataColumnNames.CollectionName, typeof(string));
        table.Columns.Add("RestrictionName", typeof(string));
        table.Columns.Add("RestrictionDefault", typeof(string));
        table.Columns.Add("RestrictionNumber", typeof(int));
        foreach (SchemaCollection collection in SchemaCollection.All)
        {
            for (int i = 0; i < collection.Restrictions.Length; i++)
            {
                table.Rows.Add(collection.Name, collection.Restrictions[i].Name, collection.Restrictions[i].Column, i + 1);
            }
        }
        return table;
    }

    private static DataTable DataSourceInformation(string version)
    {
        DataTable table = New(DbMetaDataCollectionNames.DataSourceInformation);
        (string Name, object Value)[] facts =
        [
            (DbMetaDataColumnNames.CompositeIdentifierSeparatorPattern, @"\."), (DbMetaDataColumnNames.DataSourceProductName, "PhantomDB"),
            (DbMetaDataColumnNames.DataSourceProductVersion, version),
            (DbMetaDataColumnNames.DataSourceProductVersionNormalized, string.Join('.', version.Split('.').Select(part => part.PadLeft(3, '0')))),
            (DbMetaDataColumnNames.GroupByBehavior, (int)GroupByBehavior.Unrelated), (DbMetaDataColumnNames.IdentifierPattern, @"[\p{L}_][\p{L}\p{Nd}_$]*"),
            (DbMetaDataColumnNames.IdentifierCase, (int)IdentifierCase.Insensitive), (DbMetaDataColumnNames.OrderByColumnsInSelect, false),
            (DbMetaDataColumnNames.ParameterMarkerFormat, "@{0}"), (DbMetaDataColumnNames.ParameterMarkerPattern, @"[@:][\p{L}_][\p{L}\p{Nd}_]*|\$[0-9]+"),
            (DbMetaDataColumnNames.ParameterNameMaxLength, 63), (DbMetaDataColumnNames.ParameterNamePattern, @"[\p{L}_][\p{L}\p{Nd}_]*"),
            (DbMetaDataColumnNames.QuotedIdentifierPattern, "\"(([^\"]|\"\")*)\""), (DbMetaDataColumnNames.QuotedIdentifierCase, (int)IdentifierCase.Sensitive),
            (DbMetaDataColumnNames.StatementSeparatorPattern, ";"), (DbMetaDataColumnNames.StringLiteralPattern, "'(([^']|'')*)'"),
            (DbMetaDataColumnNames.SupportedJoinOperators, (int)(SupportedJoinOperators.FullOuter | SupportedJoinOperators.Inner | SupportedJoinOperators.LeftOuter | SupportedJoinOperators.RightOuter)),
        ];
        foreach ((string name, object value) in facts)
        {
            table.Columns.Add(name).DataType = value is string ? typeof(string) : value is bool ? typeof(bool) : typeof(int);   // enumerations as their numbers
        }
        table.Rows.Add([.. facts.Select(fact => fact.Value)]);
        return table;
    }

    private static DataTable DataTypes()
    {
        DataTable table = New(DbMetaDataCollectionNames.DataTypes);
        table.Columns.Add(DbMetaDataColumnNames.TypeName, typeof(string));
        table.Columns.Add(DbMetaDataColumnNames.ProviderDbType, typeof(int));
        table.Columns.Add(DbMetaDataColumnNames.ColumnSize, typeof(long));
        table.Columns.Add(DbMetaDataColumnNames.CreateFormat, typeof(string));
        table.Columns.Add(DbMetaDataColumnNames.CreateParameters, typeof(string));
        table.Columns.Add(DbMetaDataColumnNames.DataType, typeof(string));
        table.Columns.Add(DbMetaDataColumnNames.IsAutoIncrementable, typeof(bool));
        table.Columns.Add(DbMetaDataColumnNames.IsBestMatch, typeof(bool));
        table.Columns.Add(DbMetaDataColumnNames.IsCaseSensitive, typeof(bool));
        table.Columns.Add(DbMetaDataColumnNames.IsFixedLength, typeof(bool));
        table.Columns.Add(DbMetaDataColumnNames.IsFixedPrecisionScale, typeof(bool));
        table.Columns.Add(DbMetaDataColumnNames.IsLong, typeof(bool));
        table.Columns.Add(DbMetaDataColumnNames.IsNullable, typeof(bool));
        table.Columns.Add(DbMetaDataColumnNames.IsSearchable, typeof(bool));
        table.Columns.Add(DbMetaDataColumnNames.IsSearchableWithLike, typeof(bool));
        table.Columns.Add(DbMetaDataColumnNames.IsUnsigned, typeof(bool));
        table.Columns.Add(DbMetaDataColumnNames.MaximumScale, typeof(short));
        table.Columns.Add(DbMetaDataColumnNames.MinimumScale, typeof(short));
        table.Columns.Add(DbMetaDataColumnNames.IsConcurrencyType, typeof(bool));
        table.Columns.Add(DbMetaDataColumnNames.IsLiteralSupported, typeof(bool));
        table.Columns.Add(DbMetaDataColumnNames.LiteralPrefix, typeof(string));
        table.Columns.Add(DbMetaDataColumnNames.LiteralSuffix, typeof(string));
        HashSet<Type> seen = [];
        foreach ((string name, int oid, string? parameters, Type type) in Types)
        {
            bool isText = TypeOid.IsText(oid), isInteger = oid is TypeOid.Int2 or TypeOid.Int4 or TypeOid.Int8;
            bool isNumber = isInteger || oid is TypeOid.Numeric or TypeOid.Real or TypeOid.Double;
            bool isFixedLength = !isText && oid is not (TypeOid.Bytea or TypeOid.Numeric);
            string format = parameters is null ? name : Format(name, parameters.Split(',').Length);
            table.Rows.Add(name, oid, oid == TypeOid.Numeric ? NumericPrecisionMax : DBNull.Value, format, parameters, type.FullName, isInteger, seen.Add(type), isText, isFixedLength, isInteger,
                oid is TypeOid.Text or TypeOid.Bytea, true, true, isText, isNumber ? false : DBNull.Value, oid == TypeOid.Numeric ? (short)NumericPrecisionMax : DBNull.Value,
                oid == TypeOid.Numeric ? (short)-NumericPrecisionMax : DBNull.Value, false, true, isNumber || oid == TypeOid.Boolean ? null : $"{name} '", isNumber || oid == TypeOid.Boolean ? null : "'");
        }
        return table;
    }

    // "time(0) without time zone": the parameters stand behind the first word, but for "character varying".
    private static string Format(string name, int parameterCount)
    {
        int end = name.StartsWith("time", StringComparison.Ordinal) ? name.IndexOf(' ', StringComparison.Ordinal) : name.Length;
        return $"{name[..end]}({string.Join(",", Enumerable.Range(0, parameterCount).Select(number => $"{{{number}}}"))}){name[end..]}";
    }

    private static DataTable ReservedWords()
    {
        DataTable table = New(DbMetaDataCollectionNames.ReservedWords);
        table.Columns.Add(DbMetaDataColumnNames.ReservedWord, typeof(string));
        foreach (string word in StatementText.ReservedWords)
        {
            table.Rows.Add(word);
        }
        return table;
    }
}
