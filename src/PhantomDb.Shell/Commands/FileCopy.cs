using PhantomDb.Shell.Editing;

namespace PhantomDb.Shell.Commands;

/// <summary>psql's <c>\copy</c>: COPY with a file that the shell opens, named between the words of the statement.</summary>
internal static class FileCopy
{
    private const string Usage = "Usage: \\copy TABLE [(COLUMN, ...)] FROM|TO FILE [OPTION ...], or \\copy (QUERY) TO FILE [OPTION ...]";

    /// <param name="shell">Runs the statement.</param>
    /// <param name="text">What stands behind the command.</param>
    public static void Run(ShellSession shell, string text)
    {
        text = text.TrimEnd(';', ' ', '\t');
        SqlToken[] tokens = [.. SqlScanner.Scan(text).Where(token => token.Piece is not (SqlPiece.Blank or SqlPiece.Comment))];
        int direction = Direction(tokens, text);
        if (direction < 0 || direction + 1 == tokens.Length)
        {
            throw new PhantomDbException("42601", "\\copy is not called like this") { Hint = Usage };
        }
        bool isFrom = tokens[direction].Of(text).Equals("FROM", StringComparison.OrdinalIgnoreCase);
        SqlToken first = tokens[direction + 1];
        // A bare name may have any characters but blanks.
        int end = first.Piece == SqlPiece.Text ? first.End : text.AsSpan(first.Start).IndexOfAny(" \t") is >= 0 and int length ? first.Start + length : text.Length;
        string file = first.Piece == SqlPiece.Text ? text[(first.Start + 1)..(end - 1)].Replace("''", "'", StringComparison.Ordinal) : text[first.Start..end];
        string sql = $"COPY {text[..tokens[direction].End]} {(isFrom ? "STDIN" : "STDOUT")} {text[end..]}".TrimEnd();
        bool isFile = first.Piece == SqlPiece.Text || file.ToUpperInvariant() is not ("STDIN" or "PSTDIN" or "STDOUT" or "PSTDOUT");
        if (!isFile && file.Equals("PSTDIN", StringComparison.OrdinalIgnoreCase))
        {
            shell.CopyStandardInput(sql);
        }
        else if (!isFile)
        {
            shell.Ask(sql);
        }
        else if (file.Equals("PROGRAM", StringComparison.OrdinalIgnoreCase) && first.Piece == SqlPiece.Word)
        {
            throw new PhantomDbException("0A000", "\\copy with PROGRAM is not supported") { Hint = "\\! runs a program; let it write or read a file." };
        }
        else if (isFrom)
        {
            using FileStream input = ShellFiles.OpenRead(file);
            shell.Ask(sql, input);
        }
        else
        {
            using FileStream output = ShellFiles.OpenWrite(file);
            shell.Ask(sql, copyOutput: output);
        }
    }

    // The first FROM or TO outside of parentheses.
    private static int Direction(SqlToken[] tokens, string text)
    {
        int depth = 0;
        for (int i = 0; i < tokens.Length; i++)
        {
            string word = tokens[i].Of(text).ToUpperInvariant();
            depth += word == "(" ? 1 : word == ")" ? -1 : 0;
            if (depth == 0 && i > 0 && tokens[i].Piece == SqlPiece.Word && word is "FROM" or "TO")
            {
                return i;
            }
        }
        return -1;
    }
}
