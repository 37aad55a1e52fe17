using System.Data.Common;
using PhantomDb.Data;

namespace PhantomDb.Tests.Data;

/// <summary>What the tests of the provider have in common: a connection to a database of its own.</summary>
public abstract class DataTest
{
    protected const string Memory = "Data Source=:memory:";

    protected static PhantomDbConnection Open(string connectionString = Memory)
    {
        PhantomDbConnection connection = new(connectionString);
        connection.Open();
        return connection;
    }

    protected static PhantomDbCommand Command(PhantomDbConnection connection, string sql, params (string? Name, object? Value)[] parameters)
    {
        PhantomDbCommand command = new(sql, connection);
        foreach ((string? name, object? value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }
        return command;
    }

    protected static int Run(PhantomDbConnection connection, string sql, params (string? Name, object? Value)[] parameters)
    {
        using PhantomDbCommand command = Command(connection, sql, parameters);
        return command.ExecuteNonQuery();
    }

    protected static object? Scalar(PhantomDbConnection connection, string sql, params (string? Name, object? Value)[] parameters)
    {
        using PhantomDbCommand command = Command(connection, sql, parameters);
        return command.ExecuteScalar();
    }

    /// <summary>Runs something on the first row of a statement.</summary>
    protected static void OnRow(string sql, Action<PhantomDbDataReader> check)
    {
        using PhantomDbConnection connection = Open();
        using PhantomDbCommand command = Command(connection, sql);
        using PhantomDbDataReader reader = command.ExecuteReader();
        reader.Read();
        check(reader);
    }

    protected static string Rows(DbDataReader reader)
    {
        List<string> rows = [];
        while (reader.Read())
        {
            object[] values = new object[reader.FieldCount];
            reader.GetValues(values);
            rows.Add(string.Join(',', values));
        }
        return string.Join('|', rows);
    }
}
