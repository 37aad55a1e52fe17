/*
 * Words, numbers, strings and operators of PhantomDB's SQL: the lexical rules of PostgreSQL 15.
 *
 * What a regular rule cannot say, or says slowly, is said by PhantomSqlLexerBase: keywords are looked up in a table (they are tokens
 * without rules), and a rule for something with a closing mark matches the opening one and lets the base class find the end.
 */
lexer grammar PhantomSqlLexer;

options {
    superClass = PhantomSqlLexerBase;
}

// Keywords in the four classes of the standard's and PostgreSQL's lists. The parser has a rule for each class with the same words.
tokens {
    // Unreserved: may name anything.
    ABORT, ABSOLUTE, ACCESS, ACTION, ADD, ADMIN, AFTER, AGGREGATE, ALSO, ALTER, ALWAYS, ASENSITIVE, ASSERTION, ASSIGNMENT, AT, ATOMIC,
    ATTACH, ATTRIBUTE, BACKWARD, BEFORE, BEGIN, BREADTH, BY, CACHE, CALL, CALLED, CASCADE, CASCADED, CATALOG, CHAIN, CHARACTERISTICS,
    CHECKPOINT, CLASS, CLOSE, CLUSTER, COLUMNS, COMMENT, COMMENTS, COMMIT, COMMITTED, COMPRESSION, CONFIGURATION, CONFLICT, CONNECTION,
    CONSTRAINTS, CONTENT, CONTINUE, CONVERSION, COPY, COST, CSV, CUBE, CURRENT, CURSOR, CYCLE, DATA, DATABASE, DAY, DEALLOCATE, DECLARE,
    DEFAULTS, DEFERRED, DEFINER, DELETE, DELIMITER, DELIMITERS, DEPENDS, DEPTH, DETACH, DICTIONARY, DISABLE, DISCARD, DOCUMENT, DOMAIN,
    DOUBLE, DROP, EACH, ENABLE, ENCODING, ENCRYPTED, ENUM, ESCAPE, EVENT, EXCLUDE, EXCLUDING, EXCLUSIVE, EXECUTE, EXPLAIN, EXPRESSION,
    EXTENSION, EXTERNAL, FAMILY, FILTER, FINALIZE, FIRST, FOLLOWING, FORCE, FORWARD, FUNCTION, FUNCTIONS, GENERATED, GLOBAL, GRANTED,
    GROUPS, HANDLER, HEADER, HOLD, HOUR, IDENTITY, IF, IMMEDIATE, IMMUTABLE, IMPLICIT, IMPORT, INCLUDE, INCLUDING, INCREMENT, INDEX,
    INDEXES, INHERIT, INHERITS, INLINE, INPUT, INSENSITIVE, INSERT, INSTEAD, INVOKER, ISOLATION, KEY, LABEL, LANGUAGE, LARGE, LAST,
    LEAKPROOF, LEVEL, LISTEN, LOAD, LOCAL, LOCATION, LOCK, LOCKED, LOGGED, MAPPING, MATCH, MATCHED, MATERIALIZED, MAXVALUE, MERGE, METHOD,
    MINUTE, MINVALUE, MODE, MONTH, MOVE, NAME, NAMES, NEW, NEXT, NFC, NFD, NFKC, NFKD, NO, NORMALIZED, NOTHING, NOTIFY, NOWAIT, NULLS,
    OBJECT, OF, OFF, OIDS, OLD, OPERATOR, OPTION, OPTIONS, ORDINALITY, OTHERS, OVER, OVERRIDING, OWNED, OWNER, PARALLEL, PARAMETER, PARSER,
    PARTIAL, PARTITION, PASSING, PASSWORD, PLANS, POLICY, PRECEDING, PREPARE, PREPARED, PRESERVE, PRIOR, PRIVILEGES, PROCEDURAL, PROCEDURE,
    PROCEDURES, PROGRAM, PUBLICATION, QUOTE, RANGE, READ, REASSIGN, RECHECK, RECURSIVE, REF, REFERENCING, REFRESH, REINDEX, RELATIVE,
    RELEASE, RENAME, REPEATABLE, REPLACE, REPLICA, RESET, RESTART, RESTRICT, RETURN, RETURNS, REVOKE, ROLE, ROLLBACK, ROLLUP, ROUTINE,
    ROUTINES, ROWS, RULE, SAVEPOINT, SCHEMA, SCHEMAS, SCROLL, SEARCH, SECOND, SECURITY, SEQUENCE, SEQUENCES, SERIALIZABLE, SERVER, SESSION,
    SET, SETS, SHARE, SHOW, SIMPLE, SKIP, SNAPSHOT, SQL, STABLE, STANDALONE, START, STATEMENT, STATISTICS, STDIN, STDOUT, STORAGE, STORED,
    STRICT, STRIP, SUBSCRIPTION, SUPPORT, SYSID, SYSTEM, TABLES, TABLESPACE, TEMP, TEMPLATE, TEMPORARY, TEXT, TIES, TRANSACTION, TRANSFORM,
    TRIGGER, TRUNCATE, TRUSTED, TYPE, TYPES, UESCAPE, UNBOUNDED, UNCOMMITTED, UNENCRYPTED, UNKNOWN, UNLISTEN, UNLOGGED, UNTIL, UPDATE,
    VACUUM, VALID, VALIDATE, VALIDATOR, VALUE, VARYING, VERSION, VIEW, VIEWS, VOLATILE, WHITESPACE, WITHIN, WITHOUT, WORK, WRAPPER, WRITE,
    XML, YEAR, YES, ZONE,

    // May name a column or a table, but not a function or a type.
    BETWEEN, BIGINT, BIT, BOOLEAN, CHAR, CHARACTER, COALESCE, DEC, DECIMAL, EXISTS, EXTRACT, FLOAT, GREATEST, GROUPING, INOUT, INT, INTEGER,
    INTERVAL, LEAST, NATIONAL, NCHAR, NONE, NORMALIZE, NULLIF, NUMERIC, OUT, OVERLAY, POSITION, PRECISION, REAL, ROW, SETOF, SMALLINT,
    SUBSTRING, TIME, TIMESTAMP, TREAT, TRIM, VALUES, VARCHAR, XMLATTRIBUTES, XMLCONCAT, XMLELEMENT, XMLEXISTS, XMLFOREST, XMLNAMESPACES,
    XMLPARSE, XMLPI, XMLROOT, XMLSERIALIZE, XMLTABLE,

    // May name a function or a type, but not a column or a table.
    AUTHORIZATION, BINARY, COLLATION, CONCURRENTLY, CROSS, CURRENT_SCHEMA, FREEZE, FULL, ILIKE, INNER, IS, ISNULL, JOIN, LEFT, LIKE,
    NATURAL, NOTNULL, OUTER, OVERLAPS, RIGHT, SIMILAR, TABLESAMPLE, VERBOSE,

    // Reserved: may name nothing unless quoted; most may be a column's label.
    ALL, ANALYSE, ANALYZE, AND, ANY, ARRAY, AS, ASC, ASYMMETRIC, BOTH, CASE, CAST, CHECK, COLLATE, COLUMN, CONSTRAINT, CREATE,
    CURRENT_CATALOG, CURRENT_DATE, CURRENT_ROLE, CURRENT_TIME, CURRENT_TIMESTAMP, CURRENT_USER, DEFAULT, DEFERRABLE, DESC, DISTINCT, DO,
    ELSE, END, EXCEPT, FALSE, FETCH, FOR, FOREIGN, FROM, GRANT, GROUP, HAVING, IN, INITIALLY, INTERSECT, INTO, LATERAL, LEADING, LIMIT,
    LOCALTIME, LOCALTIMESTAMP, NOT, NULL, OFFSET, ON, ONLY, OR, ORDER, PLACING, PRIMARY, REFERENCES, RETURNING, SELECT, SESSION_USER, SOME,
    SYMMETRIC, TABLE, THEN, TO, TRAILING, TRUE, UNION, UNIQUE, USER, USING, VARIADIC, WHEN, WHERE, WINDOW, WITH,

    // Operators with a meaning of their own; PhantomSqlLexerBase.ReadOperator tells them from the rest.
    EQUAL, NOT_EQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL, PLUS, MINUS, STAR, SLASH, PERCENT, CARET, EQUALS_GREATER
}

// White space and comments (standard 5.2)

Whitespace: [ \t\r\n\f\u000B]+ -> skip;
LineComment: '--' ~[\r\n]* -> skip;
BlockComment: '/*' { ReadBlockComment(); } -> skip; // nested

// Literals (standard 5.3)

IntegerConstant: Digit+;
NumericConstant: Digit+ '.' Digit* Exponent? | '.' Digit+ Exponent? | Digit+ Exponent;
NumericWithJunk: (Digit+ '.'? | Digit* '.' Digit+) Exponent? IdentifierStart { FailOnJunk("trailing junk after numeric literal"); };
Parameter: '$' Digit+;
ParameterWithJunk: '$' Digit+ IdentifierStart { FailOnJunk("trailing junk after parameter"); };
StringConstant: '\'' { ReadString("unterminated quoted string"); };
EscapeStringConstant: [eE] '\'' { ReadEscapeString(); };
UnicodeStringConstant: [uU] '&\'' { ReadString("unterminated quoted string"); ReadUnicodeEscape(); };
NationalStringConstant: [nN] '\'' { ReadString("unterminated quoted string"); };
BitStringConstant: [bB] '\'' { ReadString("unterminated bit string literal"); };
HexStringConstant: [xX] '\'' { ReadString("unterminated hexadecimal string literal"); };
DollarStringConstant: '$' (IdentifierStart (IdentifierStart | Digit)*)? '$' { ReadDollarString(); };

// Names (standard 5.4)

Identifier: IdentifierStart (IdentifierStart | Digit | '$')* { ClassifyWord(); };
QuotedIdentifier: '"' { ReadQuotedIdentifier(); };
UnicodeIdentifier: [uU] '&"' { ReadQuotedIdentifier(); ReadUnicodeEscape(); };

// Punctuation and operators

LPAREN: '(';
RPAREN: ')';
LBRACKET: '[';
RBRACKET: ']';
COMMA: ',';
SEMICOLON: ';';
COLON: ':';
TYPECAST: '::';
COLON_EQUALS: ':=';
DOT: '.';
Operator: [~!@#^&|`?+\-*/%<>=]+ { ReadOperator(); };

UnexpectedCharacter: .;

fragment Digit: [0-9];
fragment Exponent: [eE] [+\-]? Digit+;
fragment IdentifierStart: [a-zA-Z_\u0080-\uFFFF];
