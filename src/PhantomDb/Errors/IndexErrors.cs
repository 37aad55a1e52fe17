namespace PhantomDb.Errors;

internal static partial class Error
{
    public static PhantomDbException IndexKeyTooLong(int length, int lengthMax) =>
        new(SqlStates.ProgramLimitExceeded, $"index key of {length} bytes exceeds the maximum of {lengthMax}")
        {
            Hint = "Index a hash or a prefix of the value instead.",
        };
}
