namespace PhantomDb.Shell.Output;

/// <summary>A header and the values between bars, nothing quoted: for the eye and for cut(1). NULL is nothing.</summary>
internal sealed class ListWriter : RowWriter
{
    public override void Write(RowSource rows, OutputSink output)
    {
        output.WriteLine(string.Join('|', rows.Columns.Select(column => column.Name)));
        while (rows.Read())
        {
            for (int i = 0; i < rows.Columns.Count; i++)
            {
                if (i > 0)
                {
                    output.Write((byte)'|');
                }
                if (!rows.IsNull(i))
                {
                    output.Write(TextOf(rows, i));
                }
            }
            output.Write((byte)'\n');
        }
    }
}
