#!/usr/bin/env bash
# Generates the C# lexer and parser from the grammar into Generated/. With --check it changes nothing and fails when Generated/ is stale.
# Needs Node.js; uses Java when it is there (faster), and gives the same files without it.
set -euo pipefail
cd "$(dirname "$0")"

if [ ! -d node_modules/antlr4ng-cli ] || [ ! -d node_modules/antlr-ng ]; then
    npm ci --no-audit --no-fund --silent
fi

output=$(mktemp -d)
trap 'rm -rf "$output"' EXIT

if command -v java >/dev/null 2>&1; then
    java -jar node_modules/antlr4ng-cli/antlr4-*-complete.jar -Dlanguage=CSharp -Werror -no-listener -no-visitor \
        -package PhantomDb.Grammar -Xexact-output-dir -o "$output" PhantomSqlLexer.g4 PhantomSqlParser.g4
else
    node node_modules/antlr-ng/dist/cli/runner.js -Dlanguage=CSharp -w true -l false -v false \
        -p PhantomDb.Grammar --exact-output-dir -o "$output" -- PhantomSqlLexer.g4 PhantomSqlParser.g4
fi

# The two tools differ in the version that they write into the header, and nowhere else.
for file in PhantomSqlLexer.cs PhantomSqlParser.cs; do
    sed -i -e 's/\r$//' -e '/^\/\/ *ANTLR Version:/d' -e '/^\/\/ Generated from/,+1d' \
        -e 's/GeneratedCode("ANTLR", "[^"]*")/GeneratedCode("ANTLR", "4.13")/' "$output/$file"
done

if [ "${1:-}" = --check ]; then
    for file in PhantomSqlLexer.cs PhantomSqlParser.cs; do
        if ! cmp -s "$output/$file" "Generated/$file"; then
            echo "grammar/Generated/$file is stale: run grammar/generate.sh and commit the result" >&2
            exit 1
        fi
    done
    echo "grammar/Generated is current"
else
    mkdir -p Generated
    cp "$output/PhantomSqlLexer.cs" "$output/PhantomSqlParser.cs" Generated/
fi
