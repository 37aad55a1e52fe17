/*
 * PhantomDB's SQL: the dialect of PostgreSQL 15, in the order of the SQL standard (part 2, Foundation); what only PostgreSQL has comes last.
 *
 * Three rules of the house keep it fast and safe; README.md says more.
 *  - One token (two at most) decides between alternatives. Where SQL needs more, for instance to tell `((SELECT 1) UNION …)` from
 *    `((SELECT 1) + 1)`, one rule accepts both and AstBuilder looks at what came of it.
 *  - Lists and chains are loops, never right recursion.
 *  - What AstBuilder refuses, it refuses with the syntax error that PostgreSQL gives.
 */
parser grammar PhantomSqlParser;

options {
    tokenVocab = PhantomSqlLexer;
    superClass = PhantomSqlParserBase;
}

// Entry points

script
    : statement? (SEMICOLON statement?)* EOF
    ;

loneExpression
    : expression EOF
    ;

loneTypeName
    : typeName EOF
    ;

statement
    : dataStatement
    | createStatement
    | alterStatement
    | dropStatement
    | truncateStatement
    | commentStatement
    | grantStatement
    | transactionStatement
    | lockStatement
    | setStatement
    | resetStatement
    | showStatement
    | copyStatement
    | explainStatement
    | callStatement
    | prepareStatement
    | executeStatement
    | deallocateStatement
    | cursorStatement
    | notificationStatement
    | maintenanceStatement
    | otherStatement
    ;

// --- Names (standard 5.4) --------------------------------------------------------------------------------------------------------------

// A name of a column, table, constraint, index, ….
columnId
    : name
    | columnNameKeyword
    ;

// A name that may be anything: column, table, function, type.
name
    : Identifier
    | QuotedIdentifier
    | UnicodeIdentifier
    | unreservedKeyword
    ;

typeFunctionName
    : name
    | typeFunctionKeyword
    ;

// After AS or a dot any word may stand.
columnLabel
    : name
    | columnNameKeyword
    | typeFunctionKeyword
    | reservedKeyword
    ;

bareColumnLabel
    : Identifier
    | QuotedIdentifier
    | UnicodeIdentifier
    | bareLabelKeyword
    ;

nonReservedWord
    : name
    | columnNameKeyword
    | typeFunctionKeyword
    ;

nonReservedWordOrString
    : nonReservedWord
    | stringLiteral
    ;

qualifiedName
    : columnId (DOT columnLabel)*
    ;

qualifiedNameList
    : qualifiedName (COMMA qualifiedName)*
    ;

columnIdList
    : columnId (COMMA columnId)*
    ;

columnNames
    : LPAREN columnIdList RPAREN
    ;

// A role, or one of its stand-ins.
roleName
    : nonReservedWord
    | CURRENT_ROLE
    | CURRENT_USER
    | SESSION_USER
    ;

// --- Literals (standard 5.3) -----------------------------------------------------------------------------------------------------------

literal
    : IntegerConstant
    | NumericConstant
    | stringLiteral
    | BitStringConstant
    | HexStringConstant
    | NationalStringConstant
    | TRUE
    | FALSE
    | NULL
    ;

stringLiteral
    : StringConstant
    | EscapeStringConstant
    | UnicodeStringConstant
    | DollarStringConstant
    ;

signedNumber
    : (PLUS | MINUS)? (IntegerConstant | NumericConstant)
    ;

// --- Data types (standard 6.1) ---------------------------------------------------------------------------------------------------------

typeName
    : SETOF? (predefinedType | intervalType | otherType) (arrayBound+ | ARRAY (LBRACKET IntegerConstant RBRACKET)?)?
    ;

arrayBound
    : LBRACKET IntegerConstant? RBRACKET
    ;

// The types that SQL spells with keywords; INTERVAL is apart because its literal is.
predefinedType
    : INT
    | INTEGER
    | SMALLINT
    | BIGINT
    | REAL
    | BOOLEAN
    | FLOAT (LPAREN IntegerConstant RPAREN)?
    | DOUBLE PRECISION
    | (DECIMAL | DEC | NUMERIC) typeModifiers?
    | BIT VARYING? typeModifiers?
    | (CHARACTER | CHAR | NATIONAL (CHARACTER | CHAR) | NCHAR) VARYING? (LPAREN IntegerConstant RPAREN)?
    | VARCHAR (LPAREN IntegerConstant RPAREN)?
    | (TIME | TIMESTAMP) (LPAREN IntegerConstant RPAREN)? ((WITH | WITHOUT) TIME ZONE)?
    ;

intervalType
    : INTERVAL (intervalFields | LPAREN IntegerConstant RPAREN)?
    ;

intervalFields
    : YEAR (TO MONTH)?
    | MONTH
    | DAY (TO (HOUR | MINUTE | intervalSecond))?
    | HOUR (TO (MINUTE | intervalSecond))?
    | MINUTE (TO intervalSecond)?
    | intervalSecond
    ;

intervalSecond
    : SECOND (LPAREN IntegerConstant RPAREN)?
    ;

otherType
    : typeFunctionName (DOT columnLabel)* typeModifiers?
    ;

typeModifiers
    : LPAREN expression (COMMA expression)* RPAREN
    ;

// --- Value expressions (standard 6 and 8) ----------------------------------------------------------------------------------------------

// The order of the alternatives is the precedence, highest first. AstBuilder refuses chains of what does not associate (a < b < c).
expression
    : primary
    | expression OVERLAPS expression // of rows: nothing comes between
    | expression TYPECAST typeName
    | (PLUS | MINUS) expression
    | expression COLLATE qualifiedName
    | expression AT TIME ZONE expression
    | expression CARET expression
    | expression (STAR | SLASH | PERCENT) expression
    | expression (PLUS | MINUS) expression
    | otherOperator expression
    | expression otherOperator expression
    | expression (arithmeticOperator | otherOperator) quantifier parenthesized
    | expression NOT? BETWEEN (SYMMETRIC | ASYMMETRIC)? boundExpression AND expression
    | expression NOT? IN inList
    | expression ESCAPE expression // only the pattern of LIKE may be this
    | expression NOT? (LIKE | ILIKE | SIMILAR TO) quantifier parenthesized
    | expression NOT? (LIKE | ILIKE | SIMILAR TO) expression
    | expression comparisonOperator quantifier parenthesized
    | expression comparisonOperator expression
    | expression (IS NOT? isTest | ISNULL | NOTNULL)
    | expression IS NOT? DISTINCT FROM expression
    | NOT expression
    | expression AND expression
    | expression OR expression
    ;

// Without what would be ambiguous before AND and in DEFAULT: no AND, OR, NOT, IS NULL, IN, LIKE, BETWEEN.
boundExpression
    : primary
    | boundExpression TYPECAST typeName
    | (PLUS | MINUS) boundExpression
    | boundExpression CARET boundExpression
    | boundExpression (STAR | SLASH | PERCENT) boundExpression
    | boundExpression (PLUS | MINUS) boundExpression
    | otherOperator boundExpression
    | boundExpression otherOperator boundExpression
    | boundExpression comparisonOperator boundExpression
    | boundExpression IS NOT? DISTINCT FROM boundExpression
    ;

comparisonOperator
    : EQUAL
    | NOT_EQUAL
    | LESS
    | LESS_EQUAL
    | GREATER
    | GREATER_EQUAL
    ;

arithmeticOperator
    : PLUS
    | MINUS
    | STAR
    | SLASH
    | PERCENT
    | CARET
    ;

otherOperator
    : Operator
    | OPERATOR LPAREN (columnId DOT)* anyOperator RPAREN
    ;

anyOperator
    : Operator
    | comparisonOperator
    | arithmeticOperator
    ;

isTest
    : NULL
    | TRUE
    | FALSE
    | UNKNOWN
    | DOCUMENT
    | (NFC | NFD | NFKC | NFKD)? NORMALIZED
    ;

quantifier
    : ANY
    | SOME
    | ALL
    ;

expressionList
    : expression (COMMA expression)*
    ;

// (value), (row, of, values), (SELECT …), and ((SELECT …) UNION …): in the last the expression must be a query in parentheses.
parenthesized
    : LPAREN (keywordQuery | expression (COMMA expression)* queryRest?) RPAREN
    ;

// As parenthesized, for lists that get long.
inList
    : LPAREN (keywordQuery | listItems queryRest?) RPAREN
    ;

// Plain literals take a short way: they need no tree of their own.
listItems
    : (MINUS? (IntegerConstant | NumericConstant) | StringConstant | NULL | TRUE | FALSE | expression)
      (COMMA (MINUS? (IntegerConstant | NumericConstant) | StringConstant | NULL | TRUE | FALSE | expression))*
    ;

primary
    : IntegerConstant
    | NumericConstant
    | stringLiteral
    | BitStringConstant
    | HexStringConstant
    | NationalStringConstant
    | TRUE
    | FALSE
    | NULL
    | name indirection* (functionCall stringLiteral? | stringLiteral)? // a column, a function call, or `type 'literal'`
    | columnNameKeyword (indirection+ functionCall?)?
    | typeFunctionKeyword (functionCall | stringLiteral)
    | Parameter indirection*
    | parenthesized indirection*
    | typedLiteral
    | caseExpression
    | specialFunction
    | currentValue
    | EXISTS parenthesizedQuery
    | ARRAY parenthesizedQuery
    | ARRAY arrayItems
    | ROW LPAREN expressionList? RPAREN
    | GROUPING LPAREN expressionList RPAREN
    | DEFAULT
    ;

indirection
    : DOT (columnLabel | STAR)
    | LBRACKET (expression? COLON expression? | expression) RBRACKET
    ;

functionCall
    : LPAREN (STAR | (ALL | DISTINCT)? functionArgument (COMMA functionArgument)* orderByClause?)? RPAREN
      (WITHIN GROUP LPAREN orderByClause RPAREN)?
      (FILTER LPAREN WHERE expression RPAREN)?
      (OVER (columnId | windowSpecification))?
    ;

functionArgument
    : VARIADIC? (typeFunctionName (COLON_EQUALS | EQUALS_GREATER))? expression
    ;

typedLiteral
    : predefinedType stringLiteral
    | INTERVAL (stringLiteral intervalFields? | LPAREN IntegerConstant RPAREN stringLiteral)
    ;

arrayItems
    : LBRACKET (expressionList | arrayItems (COMMA arrayItems)*)? RBRACKET
    ;

caseExpression
    : CASE expression? caseWhen+ (ELSE expression)? END
    ;

caseWhen
    : WHEN expression THEN expression
    ;

specialFunction
    : COALESCE LPAREN expressionList RPAREN
    | NULLIF LPAREN expression COMMA expression RPAREN
    | (GREATEST | LEAST) LPAREN expressionList RPAREN
    | CAST LPAREN expression AS typeName RPAREN
    | EXTRACT LPAREN (nonReservedWord | stringLiteral) FROM expression RPAREN
    | OVERLAY LPAREN functionArgument (PLACING expression FROM expression (FOR expression)? | (COMMA functionArgument)*) RPAREN
    | POSITION LPAREN boundExpression IN boundExpression RPAREN
    | SUBSTRING LPAREN functionArgument
      (FROM expression (FOR expression)? | FOR expression (FROM expression)? | SIMILAR expression | (COMMA functionArgument)*) RPAREN
    | TRIM LPAREN (BOTH | LEADING | TRAILING)? (FROM expressionList | expression (FROM expressionList | (COMMA expression)*)) RPAREN
    | NORMALIZE LPAREN expression (COMMA (NFC | NFD | NFKC | NFKD))? RPAREN
    | COLLATION FOR LPAREN expression RPAREN
    | TREAT LPAREN expression AS typeName RPAREN
    | (XMLCONCAT | XMLELEMENT | XMLEXISTS | XMLFOREST | XMLPARSE | XMLPI | XMLROOT | XMLSERIALIZE) balanced
    ;

currentValue
    : CURRENT_DATE
    | (CURRENT_TIME | CURRENT_TIMESTAMP | LOCALTIME | LOCALTIMESTAMP) (LPAREN IntegerConstant RPAREN)?
    | CURRENT_ROLE
    | CURRENT_USER
    | SESSION_USER
    | USER
    | CURRENT_CATALOG
    | CURRENT_SCHEMA
    ;

// --- Query expressions (standard 7) ----------------------------------------------------------------------------------------------------

query
    : withClause? queryBody
    ;

parenthesizedQuery
    : LPAREN query RPAREN
    ;

queryBody
    : queryTerm setOperation* orderByClause? queryTail*
    ;

// A query that shows itself as one by its first word.
keywordQuery
    : withClause queryBody
    | keywordTerm setOperation* orderByClause? queryTail*
    ;

// What may follow a first operand that is a query in parentheses.
queryRest
    : setOperation+ orderByClause? queryTail*
    | orderByClause queryTail*
    | queryTail+
    ;

// INTERSECT binds closer than UNION and EXCEPT: AstBuilder sees to it.
setOperation
    : (UNION | INTERSECT | EXCEPT) (ALL | DISTINCT)? queryTerm
    ;

queryTerm
    : keywordTerm
    | parenthesizedQuery
    ;

keywordTerm
    : SELECT (ALL | DISTINCT (ON LPAREN expressionList RPAREN)?)? selectList? intoClause? fromClause? whereClause? groupByClause? havingClause?
      windowClause?
    | VALUES valuesRow (COMMA valuesRow)*
    | TABLE (ONLY (qualifiedName | LPAREN qualifiedName RPAREN) | qualifiedName STAR?)
    ;

selectList
    : selectItem (COMMA selectItem)*
    ;

selectItem
    : expression (AS columnLabel | bareColumnLabel)?
    | STAR
    ;

intoClause
    : INTO temporary? TABLE? qualifiedName
    ;

valuesRow
    : LPAREN listItems RPAREN
    ;

fromClause
    : FROM tableReference (COMMA tableReference)*
    ;

tableReference
    : tablePrimary joinedTable*
    ;

joinedTable
    : CROSS JOIN tablePrimary
    | NATURAL joinType? JOIN tablePrimary
    | joinType? JOIN tableReference (ON expression | USING columnNames (AS columnId)?)
    ;

joinType
    : INNER
    | (LEFT | RIGHT | FULL) OUTER?
    ;

// In parentheses: a query, or a joined table; ((SELECT …) UNION …) starts as the second and ends as the first.
tablePrimary
    : qualifiedName (STAR? tableAlias? tableSample? | functionCall withOrdinality? functionAlias?)
    | ONLY (qualifiedName | LPAREN qualifiedName RPAREN) tableAlias? tableSample?
    | LPAREN (keywordQuery | tableReference queryRest?) RPAREN tableAlias?
    | LATERAL (parenthesizedQuery tableAlias? | tableFunction withOrdinality? functionAlias?)
    | (specialTableFunction | rowsFrom) withOrdinality? functionAlias?
    | LATERAL? XMLTABLE balanced tableAlias?
    ;

tableAlias
    : AS? columnId columnNames?
    ;

functionAlias
    : AS LPAREN recordColumn (COMMA recordColumn)* RPAREN
    | AS? columnId (LPAREN recordOrAliasColumn (COMMA recordOrAliasColumn)* RPAREN)?
    ;

recordOrAliasColumn
    : columnId (typeName (COLLATE qualifiedName)?)?
    ;

recordColumn
    : columnId typeName (COLLATE qualifiedName)?
    ;

withOrdinality
    : WITH ORDINALITY
    ;

tableFunction
    : specialTableFunction
    | rowsFrom
    | qualifiedName functionCall
    ;

specialTableFunction
    : specialFunction
    | currentValue
    | typeFunctionKeyword functionCall
    ;

rowsFrom
    : ROWS FROM LPAREN rowsFromItem (COMMA rowsFromItem)* RPAREN
    ;

rowsFromItem
    : (qualifiedName functionCall | specialTableFunction) (AS LPAREN recordColumn (COMMA recordColumn)* RPAREN)?
    ;

tableSample
    : TABLESAMPLE qualifiedName LPAREN expressionList RPAREN (REPEATABLE LPAREN expression RPAREN)?
    ;

whereClause
    : WHERE expression
    ;

groupByClause
    : GROUP BY (ALL | DISTINCT)? groupingElement (COMMA groupingElement)*
    ;

groupingElement
    : ROLLUP LPAREN expressionList RPAREN
    | CUBE LPAREN expressionList RPAREN
    | GROUPING SETS LPAREN groupingElement (COMMA groupingElement)* RPAREN
    | LPAREN RPAREN
    | expression
    ;

havingClause
    : HAVING expression
    ;

windowClause
    : WINDOW columnId AS windowSpecification (COMMA columnId AS windowSpecification)*
    ;

windowSpecification
    : LPAREN columnId? (PARTITION BY expressionList)? orderByClause? windowFrame? RPAREN
    ;

windowFrame
    : (RANGE | ROWS | GROUPS) (BETWEEN frameBound AND frameBound | frameBound) (EXCLUDE (CURRENT ROW | GROUP | TIES | NO OTHERS))?
    ;

frameBound
    : UNBOUNDED (PRECEDING | FOLLOWING)
    | CURRENT ROW
    | expression (PRECEDING | FOLLOWING)
    ;

orderByClause
    : ORDER BY orderByItem (COMMA orderByItem)*
    ;

orderByItem
    : expression (ASC | DESC | USING (anyOperator | OPERATOR LPAREN (columnId DOT)* anyOperator RPAREN))? nullsOrder?
    ;

nullsOrder
    : NULLS (FIRST | LAST)
    ;

queryTail
    : LIMIT (ALL | expression)
    | OFFSET expression (ROW | ROWS)?
    | FETCH (FIRST | NEXT) fetchCount? (ROW | ROWS) (ONLY | WITH TIES)
    | FOR (UPDATE | NO KEY UPDATE | SHARE | KEY SHARE) (OF qualifiedNameList)? (NOWAIT | SKIP LOCKED)?
    | FOR READ ONLY
    ;

fetchCount
    : (PLUS | MINUS)? (IntegerConstant | NumericConstant)
    | primary
    ;

withClause
    : WITH RECURSIVE? commonTableExpression (COMMA commonTableExpression)*
    ;

commonTableExpression
    : columnId columnNames? AS (NOT? MATERIALIZED)? LPAREN dataStatement RPAREN searchClause? cycleClause?
    ;

searchClause
    : SEARCH (DEPTH | BREADTH) FIRST BY columnIdList SET columnId
    ;

cycleClause
    : CYCLE columnIdList SET columnId (TO literalValue DEFAULT literalValue)? USING columnId
    ;

literalValue
    : literal
    | typedLiteral
    | typeFunctionName stringLiteral
    ;

// --- Schema definition (standard 11) ---------------------------------------------------------------------------------------------------

createStatement
    : createTable
    | createDatabase
    | createSchema
    | createView
    | createMaterializedView
    | createIndex
    | createSequence
    | createType
    | createDomain
    | createExtension
    | createOther
    ;

ifNotExists
    : IF NOT EXISTS
    ;

ifExists
    : IF EXISTS
    ;

dropBehavior
    : CASCADE
    | RESTRICT
    ;

temporary
    : (LOCAL | GLOBAL)? (TEMPORARY | TEMP)
    | UNLOGGED
    ;

createSchema
    : CREATE SCHEMA ifNotExists? columnId? (AUTHORIZATION roleName)? (createTable | createView | createIndex | createSequence)*
    ;

createTable
    : CREATE temporary? TABLE ifNotExists? qualifiedName
      (OF qualifiedName typedTableElements? | PARTITION OF qualifiedName typedTableElements? partitionBounds | tableElements)?
      (INHERITS LPAREN qualifiedNameList RPAREN)?
      (PARTITION BY columnId LPAREN indexElement (COMMA indexElement)* RPAREN)?
      (USING columnId)? storageOptions? onCommit? (TABLESPACE columnId)?
      (AS (query | executeStatement) withData?)?
    ;

// A column without a type is for CREATE TABLE … AS.
tableElements
    : LPAREN (tableElement (COMMA tableElement)*)? RPAREN
    ;

tableElement
    : columnDefinition
    | tableConstraint
    | LIKE qualifiedName ((INCLUDING | EXCLUDING) likeOption)*
    ;

likeOption
    : COMMENTS | COMPRESSION | CONSTRAINTS | DEFAULTS | IDENTITY | GENERATED | INDEXES | STATISTICS | STORAGE | ALL
    ;

typedTableElements
    : LPAREN typedTableElement (COMMA typedTableElement)* RPAREN
    ;

typedTableElement
    : columnId (WITH OPTIONS)? columnConstraint*
    | tableConstraint
    ;

partitionBounds
    : FOR VALUES (IN balanced | FROM balanced TO balanced | WITH balanced)
    | DEFAULT
    ;

storageOptions
    : WITH optionList
    | WITHOUT OIDS
    ;

onCommit
    : ON COMMIT (DROP | DELETE ROWS | PRESERVE ROWS)
    ;

withData
    : WITH NO? DATA
    ;

columnDefinition
    : columnId typeName? (STORAGE columnId)? (COMPRESSION (columnId | DEFAULT))? columnConstraint*
    ;

columnConstraint
    : (CONSTRAINT columnId)? columnConstraintElement
    | constraintAttribute
    | COLLATE qualifiedName
    ;

columnConstraintElement
    : NOT NULL
    | NULL
    | DEFAULT boundExpression
    | CHECK LPAREN expression RPAREN (NO INHERIT)?
    | (UNIQUE nullsDistinct? | PRIMARY KEY) (WITH optionList)? (USING INDEX TABLESPACE columnId)?
    | references
    | GENERATED (ALWAYS | BY DEFAULT) AS (IDENTITY (LPAREN sequenceOption+ RPAREN)? | LPAREN expression RPAREN STORED)
    ;

nullsDistinct
    : NULLS NOT? DISTINCT
    ;

references
    : REFERENCES qualifiedName columnNames? (MATCH (FULL | PARTIAL | SIMPLE))? referentialTrigger*
    ;

referentialTrigger
    : ON (DELETE | UPDATE) (NO ACTION | RESTRICT | CASCADE | SET (NULL | DEFAULT) columnNames?)
    ;

constraintAttribute
    : NOT? DEFERRABLE
    | INITIALLY (DEFERRED | IMMEDIATE)
    | NOT VALID
    | NO INHERIT
    ;

tableConstraint
    : (CONSTRAINT columnId)? tableConstraintElement constraintAttribute*
    ;

tableConstraintElement
    : CHECK LPAREN expression RPAREN
    | (UNIQUE nullsDistinct? | PRIMARY KEY) (columnNames includeColumns? (WITH optionList)? (USING INDEX TABLESPACE columnId)? | USING INDEX columnId)
    | FOREIGN KEY columnNames references
    | EXCLUDE (USING columnId)? LPAREN excludeElement (COMMA excludeElement)* RPAREN includeColumns? (WITH optionList)?
      (USING INDEX TABLESPACE columnId)? (WHERE LPAREN expression RPAREN)?
    ;

includeColumns
    : INCLUDE columnNames
    ;

excludeElement
    : indexElement WITH (anyOperator | OPERATOR LPAREN (columnId DOT)* anyOperator RPAREN)
    ;

createIndex
    : CREATE UNIQUE? INDEX CONCURRENTLY? (ifNotExists? columnId)? ON ONLY? qualifiedName (USING columnId)?
      LPAREN indexElement (COMMA indexElement)* RPAREN includeColumns? nullsDistinct? (WITH optionList)? (TABLESPACE columnId)? whereClause?
    ;

indexElement
    : (columnId | indexFunction | LPAREN expression RPAREN) (COLLATE qualifiedName)? (qualifiedName optionList?)? (ASC | DESC)? nullsOrder?
    ;

indexFunction
    : qualifiedName functionCall
    | specialTableFunction
    ;

createView
    : CREATE (OR REPLACE)? temporary? RECURSIVE? VIEW qualifiedName columnNames? (WITH optionList)? AS query
      (WITH (CASCADED | LOCAL)? CHECK OPTION)?
    ;

createMaterializedView
    : CREATE UNLOGGED? MATERIALIZED VIEW ifNotExists? qualifiedName columnNames? (USING columnId)? (WITH optionList)? (TABLESPACE columnId)?
      AS query withData?
    ;

createSequence
    : CREATE temporary? SEQUENCE ifNotExists? qualifiedName sequenceOption*
    ;

sequenceOption
    : AS typeName
    | CACHE signedNumber
    | CYCLE
    | INCREMENT BY? signedNumber
    | LOGGED
    | MAXVALUE signedNumber
    | MINVALUE signedNumber
    | NO (MAXVALUE | MINVALUE | CYCLE)
    | OWNED BY qualifiedName
    | RESTART (WITH? signedNumber)?
    | SEQUENCE NAME qualifiedName
    | START WITH? signedNumber
    | UNLOGGED
    ;

createDomain
    : CREATE DOMAIN qualifiedName AS? typeName columnConstraint*
    ;

createType
    : CREATE TYPE qualifiedName AS ENUM LPAREN (stringLiteral (COMMA stringLiteral)*)? RPAREN
    | CREATE TYPE qualifiedName AS LPAREN (recordColumn (COMMA recordColumn)*)? RPAREN
    | CREATE TYPE qualifiedName (AS RANGE)? anyToken*
    ;

createDatabase
    : CREATE DATABASE columnId WITH? databaseOption*
    ;

databaseOption
    : (nonReservedWord | CONNECTION LIMIT) EQUAL? (signedNumber | DEFAULT | TRUE | FALSE | ON | nonReservedWordOrString)
    ;

createExtension
    : CREATE EXTENSION ifNotExists? columnId WITH? (SCHEMA columnId | VERSION nonReservedWordOrString | CASCADE)*
    ;

// Known by name only.
createOther
    : CREATE (OR REPLACE)?
      ( FUNCTION | PROCEDURE | AGGREGATE | CONSTRAINT? TRIGGER | EVENT TRIGGER | RULE | ROLE | USER MAPPING? | GROUP | POLICY | CAST | CONVERSION
      | DEFAULT CONVERSION | COLLATION | OPERATOR (CLASS | FAMILY)? | FOREIGN (DATA WRAPPER | TABLE) | SERVER | PUBLICATION | SUBSCRIPTION
      | STATISTICS | TABLESPACE | ACCESS METHOD | TEXT SEARCH (CONFIGURATION | DICTIONARY | PARSER | TEMPLATE) | TRANSFORM
      | TRUSTED? PROCEDURAL? LANGUAGE
      ) anyToken+
    ;

alterStatement
    : ALTER TABLE ifExists? (ONLY (qualifiedName | LPAREN qualifiedName RPAREN) | qualifiedName STAR?) alterTableActions
    | ALTER (INDEX | VIEW | MATERIALIZED VIEW | FOREIGN TABLE) ifExists? qualifiedName alterTableActions
    | ALTER SEQUENCE ifExists? qualifiedName (sequenceOption+ | objectChange | SET (LOGGED | UNLOGGED))
    | ALTER objectKind ifExists? qualifiedName objectChange
    | ALTER alterOtherKind anyToken+
    ;

// Changes that any object may have.
objectChange
    : OWNER TO roleName
    | RENAME TO columnId
    | SET SCHEMA columnId
    ;

objectKind
    : SCHEMA
    | DATABASE
    | TYPE
    | DOMAIN
    | COLLATION
    ;

// Known by name only.
alterOtherKind
    : objectKind | FUNCTION | PROCEDURE | ROUTINE | AGGREGATE | TRIGGER | EVENT TRIGGER | RULE | ROLE | USER MAPPING? | GROUP | POLICY | CONVERSION
    | DEFAULT PRIVILEGES | OPERATOR (CLASS | FAMILY)? | FOREIGN DATA WRAPPER | SERVER | PUBLICATION | SUBSCRIPTION | STATISTICS | TABLESPACE
    | EXTENSION | TEXT SEARCH (CONFIGURATION | DICTIONARY | PARSER | TEMPLATE) | PROCEDURAL? LANGUAGE | LARGE OBJECT | SYSTEM
    ;

alterTableActions
    : alterTableAction (COMMA alterTableAction)*
    | RENAME (TO columnId | CONSTRAINT columnId TO columnId | COLUMN? columnId TO columnId)
    | SET SCHEMA columnId
    | (ATTACH | DETACH) PARTITION anyToken+
    | NO? DEPENDS ON EXTENSION columnId
    ;

alterTableAction
    : ADD COLUMN? ifNotExists? columnDefinition
    | ADD tableConstraint
    | DROP CONSTRAINT ifExists? columnId dropBehavior?
    | DROP COLUMN? ifExists? columnId dropBehavior?
    | ALTER CONSTRAINT columnId constraintAttribute*
    | ALTER COLUMN? (columnId | IntegerConstant) alterColumnAction
    | VALIDATE CONSTRAINT columnId
    | OWNER TO roleName
    | CLUSTER ON columnId
    | (ENABLE | DISABLE) (ALWAYS | REPLICA)? (TRIGGER | RULE) (columnId | ALL | USER)
    | (ENABLE | DISABLE | NO? FORCE) ROW LEVEL SECURITY
    | SET WITHOUT (CLUSTER | OIDS)
    | SET (LOGGED | UNLOGGED)
    | SET TABLESPACE columnId
    | SET ACCESS METHOD columnId
    | (SET | RESET) optionList
    | NO? INHERIT qualifiedName
    | OF qualifiedName
    | NOT OF
    | REPLICA IDENTITY (NOTHING | FULL | DEFAULT | USING INDEX columnId)
    ;

alterColumnAction
    : (SET DATA)? TYPE typeName (COLLATE qualifiedName)? (USING expression)?
    | SET DEFAULT expression
    | DROP DEFAULT
    | (SET | DROP) NOT NULL
    | DROP EXPRESSION ifExists?
    | DROP IDENTITY ifExists?
    | ADD GENERATED (ALWAYS | BY DEFAULT) AS IDENTITY (LPAREN sequenceOption+ RPAREN)?
    | identityChange+
    | SET STATISTICS signedNumber
    | SET STORAGE columnId
    | SET COMPRESSION (columnId | DEFAULT)
    | (SET | RESET) optionList
    ;

identityChange
    : RESTART (WITH? signedNumber)?
    | SET GENERATED (ALWAYS | BY DEFAULT)
    | SET sequenceOption
    ;

dropStatement
    : DROP (TABLE | VIEW | MATERIALIZED VIEW | INDEX CONCURRENTLY? | FOREIGN TABLE | SEQUENCE | SCHEMA | TYPE | DOMAIN | COLLATION | EXTENSION)
      ifExists? qualifiedNameList dropBehavior?
    | DROP DATABASE ifExists? columnId (WITH? optionList)?
    | DROP dropOtherKind anyToken+
    ;

// Known by name only.
dropOtherKind
    : FUNCTION | PROCEDURE | ROUTINE | AGGREGATE | TRIGGER | EVENT TRIGGER | RULE | ROLE | USER MAPPING? | GROUP | POLICY | CAST | CONVERSION
    | OPERATOR (CLASS | FAMILY)? | FOREIGN DATA WRAPPER | SERVER | PUBLICATION | SUBSCRIPTION | STATISTICS | TABLESPACE | ACCESS METHOD
    | TEXT SEARCH (CONFIGURATION | DICTIONARY | PARSER | TEMPLATE) | TRANSFORM | PROCEDURAL? LANGUAGE | OWNED
    ;

commentStatement
    : COMMENT ON (TABLE | COLUMN | VIEW | MATERIALIZED VIEW | INDEX | SEQUENCE | FOREIGN TABLE | EXTENSION | ROLE | objectKind) qualifiedName
      IS (stringLiteral | NULL)
    | COMMENT ON (CONSTRAINT | TRIGGER) columnId ON DOMAIN? qualifiedName IS (stringLiteral | NULL)
    | COMMENT ON
      ( ACCESS METHOD | AGGREGATE | CAST | CONVERSION | EVENT TRIGGER | FOREIGN DATA WRAPPER | FUNCTION | LARGE OBJECT | OPERATOR | POLICY
      | PROCEDURAL? LANGUAGE | PROCEDURE | PUBLICATION | ROUTINE | RULE | SERVER | STATISTICS | SUBSCRIPTION | TABLESPACE | TEXT SEARCH
      | TRANSFORM
      ) anyToken+
    ;

grantStatement
    : GRANT privileges ON grantObject TO grantees (WITH GRANT OPTION)? (GRANTED BY roleName)?
    | REVOKE (GRANT OPTION FOR)? privileges ON grantObject FROM grantees (GRANTED BY roleName)? dropBehavior?
    | GRANT nonReservedWord (COMMA nonReservedWord)* TO grantees (WITH ADMIN OPTION)? (GRANTED BY roleName)?
    | REVOKE (ADMIN OPTION FOR)? nonReservedWord (COMMA nonReservedWord)* FROM grantees (GRANTED BY roleName)? dropBehavior?
    ;

privileges
    : ALL PRIVILEGES? columnNames?
    | privilege (COMMA privilege)*
    ;

privilege
    : (SELECT | REFERENCES | CREATE | ALTER SYSTEM | nonReservedWord) columnNames?
    ;

grantObject
    : TABLE? qualifiedNameList
    | (SEQUENCE | SCHEMA | DATABASE | DOMAIN | TYPE) qualifiedNameList
    | (FUNCTION | PROCEDURE | ROUTINE) grantFunction (COMMA grantFunction)*
    | ALL (TABLES | SEQUENCES | FUNCTIONS | PROCEDURES | ROUTINES) IN SCHEMA qualifiedNameList
    | (FOREIGN DATA WRAPPER | FOREIGN SERVER | LANGUAGE | TABLESPACE | PARAMETER) qualifiedNameList
    | LARGE OBJECT signedNumber (COMMA signedNumber)*
    ;

grantFunction
    : qualifiedName balanced?
    ;

grantees
    : GROUP? roleName (COMMA GROUP? roleName)*
    ;

optionList
    : LPAREN option (COMMA option)* RPAREN
    ;

// Options of tables, indexes, EXPLAIN, COPY, …: a name with or without a value, with or without an equals sign.
option
    : columnLabel (DOT columnLabel)? (EQUAL? optionValue)?
    ;

optionValue
    : signedNumber
    | stringLiteral
    | columnLabel
    | STAR
    | LPAREN columnId (COMMA columnId)* RPAREN
    ;

// --- Data manipulation (standard 14) ---------------------------------------------------------------------------------------------------

// SELECT, INSERT, UPDATE, DELETE and MERGE: after WITH only the next word tells them apart.
dataStatement
    : withClause? (queryBody | insertStatement | updateStatement | deleteStatement | mergeStatement)
    ;

insertStatement
    : INSERT INTO qualifiedName (AS columnId)?
      (DEFAULT VALUES | (LPAREN assignmentTarget (COMMA assignmentTarget)* RPAREN)? overriding? query)
      onConflict? returning?
    ;

overriding
    : OVERRIDING (USER | SYSTEM) VALUE
    ;

assignmentTarget
    : columnId indirection*
    ;

onConflict
    : ON CONFLICT conflictTarget? DO (NOTHING | UPDATE SET assignments whereClause?)
    ;

conflictTarget
    : LPAREN indexElement (COMMA indexElement)* RPAREN whereClause?
    | ON CONSTRAINT columnId
    ;

returning
    : RETURNING selectList
    ;

assignments
    : assignment (COMMA assignment)*
    ;

assignment
    : assignmentTarget EQUAL expression
    | LPAREN assignmentTarget (COMMA assignmentTarget)* RPAREN EQUAL expression
    ;

targetTable
    : (ONLY (qualifiedName | LPAREN qualifiedName RPAREN) | qualifiedName STAR?) (AS? columnId)?
    ;

updateStatement
    : UPDATE targetTable SET assignments fromClause? (WHERE (CURRENT OF columnId | expression))? returning?
    ;

deleteStatement
    : DELETE FROM targetTable (USING tableReference (COMMA tableReference)*)? (WHERE (CURRENT OF columnId | expression))? returning?
    ;

mergeStatement
    : MERGE INTO targetTable USING tableReference ON expression mergeWhen+
    ;

mergeWhen
    : WHEN NOT? MATCHED (AND expression)? THEN
      ( UPDATE SET assignments
      | DELETE
      | INSERT (LPAREN assignmentTarget (COMMA assignmentTarget)* RPAREN)? overriding? (VALUES valuesRow | DEFAULT VALUES)
      | DO NOTHING
      )
    ;

truncateStatement
    : TRUNCATE TABLE? relation (COMMA relation)* (CONTINUE IDENTITY | RESTART IDENTITY)? dropBehavior?
    ;

relation
    : ONLY (qualifiedName | LPAREN qualifiedName RPAREN)
    | qualifiedName STAR?
    ;

cursorStatement
    : declareCursor
    | (FETCH | MOVE) ((fetchDirection (FROM | IN)?)? columnId)
    | CLOSE (columnId | ALL)
    ;

declareCursor
    : DECLARE columnId (BINARY | INSENSITIVE | ASENSITIVE | NO? SCROLL)* CURSOR ((WITH | WITHOUT) HOLD)? FOR query
    ;

fetchDirection
    : NEXT
    | PRIOR
    | FIRST
    | LAST
    | (ABSOLUTE | RELATIVE) signedNumber
    | signedNumber
    | ALL
    | (FORWARD | BACKWARD) (signedNumber | ALL)?
    | FROM
    | IN
    ;

callStatement
    : CALL (columnId | typeFunctionKeyword) (DOT columnLabel)* functionCall
    ;

// --- Transactions (standard 17) --------------------------------------------------------------------------------------------------------

transactionStatement
    : BEGIN (WORK | TRANSACTION)? transactionModes?
    | START TRANSACTION transactionModes?
    | (COMMIT | END) (WORK | TRANSACTION)? chain?
    | (ROLLBACK | ABORT) (WORK | TRANSACTION)? chain?
    | SAVEPOINT columnId
    | RELEASE SAVEPOINT? columnId
    | ROLLBACK (WORK | TRANSACTION)? TO SAVEPOINT? columnId
    | PREPARE TRANSACTION stringLiteral
    | (COMMIT | ROLLBACK) PREPARED stringLiteral
    ;

chain
    : AND NO? CHAIN
    ;

transactionModes
    : transactionMode (COMMA? transactionMode)*
    ;

transactionMode
    : ISOLATION LEVEL (READ (UNCOMMITTED | COMMITTED) | REPEATABLE READ | SERIALIZABLE)
    | READ (ONLY | WRITE)
    | NOT? DEFERRABLE
    ;

lockStatement
    : LOCK TABLE? relation (COMMA relation)* (IN lockMode MODE)? NOWAIT?
    ;

lockMode
    : ACCESS (SHARE | EXCLUSIVE)
    | ROW (SHARE | EXCLUSIVE)
    | SHARE ((UPDATE | ROW) EXCLUSIVE)?
    | EXCLUSIVE
    ;

// --- Session (standard 19) -------------------------------------------------------------------------------------------------------------

setStatement
    : SET TRANSACTION (transactionModes | SNAPSHOT stringLiteral)
    | SET SESSION CHARACTERISTICS AS TRANSACTION transactionModes
    | SET CONSTRAINTS (ALL | qualifiedNameList) (DEFERRED | IMMEDIATE)
    | SET (SESSION | LOCAL | persist)? setting
    ;

// PERSIST, which is no keyword.
persist
    : Identifier
    ;

setting
    : TIME ZONE timeZone
    | (CATALOG | SCHEMA) stringLiteral
    | NAMES (stringLiteral | DEFAULT)?
    | (ROLE | SESSION AUTHORIZATION) (nonReservedWordOrString | DEFAULT)
    | XML OPTION (DOCUMENT | CONTENT)
    | settingName (TO | EQUAL) (DEFAULT | settingValue (COMMA settingValue)*)
    | settingName FROM CURRENT
    ;

settingName
    : columnId (DOT columnId)*
    ;

settingValue
    : TRUE
    | FALSE
    | ON
    | nonReservedWord
    | stringLiteral
    | signedNumber
    ;

timeZone
    : stringLiteral
    | signedNumber
    | INTERVAL (stringLiteral intervalFields? | LPAREN IntegerConstant RPAREN stringLiteral)
    | DEFAULT
    | LOCAL
    | Identifier
    | QuotedIdentifier
    ;

resetStatement
    : RESET persist? (ALL | TIME ZONE | TRANSACTION ISOLATION LEVEL | SESSION AUTHORIZATION | settingName)
    ;

showStatement
    : SHOW (ALL | TIME ZONE | TRANSACTION ISOLATION LEVEL | SESSION AUTHORIZATION | settingName)
    ;

discard
    : DISCARD (ALL | PLANS | SEQUENCES | TEMP | TEMPORARY)
    ;

// --- PostgreSQL's own ------------------------------------------------------------------------------------------------------------------

copyStatement
    : COPY BINARY? qualifiedName columnNames? (FROM | TO) PROGRAM? (stringLiteral | STDIN | STDOUT) (USING? DELIMITERS stringLiteral)? WITH? copyOptions?
      whereClause?
    | COPY LPAREN dataStatement RPAREN TO PROGRAM? (stringLiteral | STDIN | STDOUT) WITH? copyOptions?
    ;

copyOptions
    : optionList
    | copyOption+
    ;

// The old spelling.
copyOption
    : BINARY
    | FREEZE
    | DELIMITER AS? stringLiteral
    | NULL AS? stringLiteral
    | CSV
    | HEADER
    | QUOTE AS? stringLiteral
    | ESCAPE AS? stringLiteral
    | FORCE QUOTE (columnIdList | STAR)
    | FORCE NOT? NULL columnIdList
    | ENCODING stringLiteral
    ;

explainStatement
    : EXPLAIN (optionList | ANALYZE? VERBOSE? | ANALYSE VERBOSE?) explainable
    ;

explainable
    : dataStatement
    | declareCursor
    | createTable
    | createMaterializedView
    | refreshMaterializedView
    | executeStatement
    ;

prepareStatement
    : PREPARE columnId (LPAREN typeName (COMMA typeName)* RPAREN)? AS dataStatement
    ;

executeStatement
    : EXECUTE columnId (LPAREN expressionList RPAREN)?
    ;

deallocateStatement
    : DEALLOCATE PREPARE? (ALL | columnId)
    ;

notificationStatement
    : LISTEN columnId
    | UNLISTEN (columnId | STAR)
    | NOTIFY columnId (COMMA stringLiteral)?
    ;

maintenanceStatement
    : VACUUM (optionList | FULL? FREEZE? VERBOSE? (ANALYZE | ANALYSE)?) vacuumTargets?
    | (ANALYZE | ANALYSE) (optionList | VERBOSE)? vacuumTargets?
    | REINDEX optionList? (INDEX | TABLE | SCHEMA | SYSTEM | DATABASE) CONCURRENTLY? qualifiedName
    | CHECKPOINT
    | discard
    | refreshMaterializedView
    ;

refreshMaterializedView
    : REFRESH MATERIALIZED VIEW CONCURRENTLY? qualifiedName withData?
    ;

vacuumTargets
    : vacuumTarget (COMMA vacuumTarget)*
    ;

vacuumTarget
    : qualifiedName columnNames?
    ;

// Known by name only.
otherStatement
    : (DO | CLUSTER | LOAD | SECURITY LABEL | REASSIGN OWNED | IMPORT FOREIGN SCHEMA) anyToken*
    ;

anyToken
    : ~SEMICOLON
    ;

// Anything in parentheses that match.
balanced
    : LPAREN (balanced | ~(LPAREN | RPAREN | SEMICOLON))* RPAREN
    ;

// --- Keywords in PostgreSQL's four classes ---------------------------------------------------------------------------------------------

// May name anything.
unreservedKeyword
    : ABORT | ABSOLUTE | ACCESS | ACTION | ADD | ADMIN | AFTER | AGGREGATE | ALSO | ALTER | ALWAYS | ASENSITIVE | ASSERTION | ASSIGNMENT | AT
    | ATOMIC | ATTACH | ATTRIBUTE | BACKWARD | BEFORE | BEGIN | BREADTH | BY | CACHE | CALL | CALLED | CASCADE | CASCADED | CATALOG | CHAIN
    | CHARACTERISTICS | CHECKPOINT | CLASS | CLOSE | CLUSTER | COLUMNS | COMMENT | COMMENTS | COMMIT | COMMITTED | COMPRESSION |
    CONFIGURATION | CONFLICT | CONNECTION | CONSTRAINTS | CONTENT | CONTINUE | CONVERSION | COPY | COST | CSV | CUBE | CURRENT | CURSOR |
    CYCLE | DATA | DATABASE | DAY | DEALLOCATE | DECLARE | DEFAULTS | DEFERRED | DEFINER | DELETE | DELIMITER | DELIMITERS | DEPENDS | DEPTH
    | DETACH | DICTIONARY | DISABLE | DISCARD | DOCUMENT | DOMAIN | DOUBLE | DROP | EACH | ENABLE | ENCODING | ENCRYPTED | ENUM | ESCAPE |
    EVENT | EXCLUDE | EXCLUDING | EXCLUSIVE | EXECUTE | EXPLAIN | EXPRESSION | EXTENSION | EXTERNAL | FAMILY | FILTER | FINALIZE | FIRST |
    FOLLOWING | FORCE | FORWARD | FUNCTION | FUNCTIONS | GENERATED | GLOBAL | GRANTED | GROUPS | HANDLER | HEADER | HOLD | HOUR | IDENTITY |
    IF | IMMEDIATE | IMMUTABLE | IMPLICIT | IMPORT | INCLUDE | INCLUDING | INCREMENT | INDEX | INDEXES | INHERIT | INHERITS | INLINE | INPUT
    | INSENSITIVE | INSERT | INSTEAD | INVOKER | ISOLATION | KEY | LABEL | LANGUAGE | LARGE | LAST | LEAKPROOF | LEVEL | LISTEN | LOAD |
    LOCAL | LOCATION | LOCK | LOCKED | LOGGED | MAPPING | MATCH | MATCHED | MATERIALIZED | MAXVALUE | MERGE | METHOD | MINUTE | MINVALUE |
    MODE | MONTH | MOVE | NAME | NAMES | NEW | NEXT | NFC | NFD | NFKC | NFKD | NO | NORMALIZED | NOTHING | NOTIFY | NOWAIT | NULLS | OBJECT
    | OF | OFF | OIDS | OLD | OPERATOR | OPTION | OPTIONS | ORDINALITY | OTHERS | OVER | OVERRIDING | OWNED | OWNER | PARALLEL | PARAMETER |
    PARSER | PARTIAL | PARTITION | PASSING | PASSWORD | PLANS | POLICY | PRECEDING | PREPARE | PREPARED | PRESERVE | PRIOR | PRIVILEGES |
    PROCEDURAL | PROCEDURE | PROCEDURES | PROGRAM | PUBLICATION | QUOTE | RANGE | READ | REASSIGN | RECHECK | RECURSIVE | REF | REFERENCING
    | REFRESH | REINDEX | RELATIVE | RELEASE | RENAME | REPEATABLE | REPLACE | REPLICA | RESET | RESTART | RESTRICT | RETURN | RETURNS |
    REVOKE | ROLE | ROLLBACK | ROLLUP | ROUTINE | ROUTINES | ROWS | RULE | SAVEPOINT | SCHEMA | SCHEMAS | SCROLL | SEARCH | SECOND |
    SECURITY | SEQUENCE | SEQUENCES | SERIALIZABLE | SERVER | SESSION | SET | SETS | SHARE | SHOW | SIMPLE | SKIP | SNAPSHOT | SQL | STABLE
    | STANDALONE | START | STATEMENT | STATISTICS | STDIN | STDOUT | STORAGE | STORED | STRICT | STRIP | SUBSCRIPTION | SUPPORT | SYSID |
    SYSTEM | TABLES | TABLESPACE | TEMP | TEMPLATE | TEMPORARY | TEXT | TIES | TRANSACTION | TRANSFORM | TRIGGER | TRUNCATE | TRUSTED | TYPE
    | TYPES | UESCAPE | UNBOUNDED | UNCOMMITTED | UNENCRYPTED | UNKNOWN | UNLISTEN | UNLOGGED | UNTIL | UPDATE | VACUUM | VALID | VALIDATE |
    VALIDATOR | VALUE | VARYING | VERSION | VIEW | VIEWS | VOLATILE | WHITESPACE | WITHIN | WITHOUT | WORK | WRAPPER | WRITE | XML | YEAR |
    YES | ZONE
    ;

// May name a column or a table, but not a function or a type.
columnNameKeyword
    : BETWEEN | BIGINT | BIT | BOOLEAN | CHAR | CHARACTER | COALESCE | DEC | DECIMAL | EXISTS | EXTRACT | FLOAT | GREATEST | GROUPING | INOUT
    | INT | INTEGER | INTERVAL | LEAST | NATIONAL | NCHAR | NONE | NORMALIZE | NULLIF | NUMERIC | OUT | OVERLAY | POSITION | PRECISION |
    REAL | ROW | SETOF | SMALLINT | SUBSTRING | TIME | TIMESTAMP | TREAT | TRIM | VALUES | VARCHAR | XMLATTRIBUTES | XMLCONCAT | XMLELEMENT
    | XMLEXISTS | XMLFOREST | XMLNAMESPACES | XMLPARSE | XMLPI | XMLROOT | XMLSERIALIZE | XMLTABLE
    ;

// May name a function or a type, but not a column or a table.
typeFunctionKeyword
    : AUTHORIZATION | BINARY | COLLATION | CONCURRENTLY | CROSS | CURRENT_SCHEMA | FREEZE | FULL | ILIKE | INNER | IS | ISNULL | JOIN | LEFT |
    LIKE | NATURAL | NOTNULL | OUTER | OVERLAPS | RIGHT | SIMILAR | TABLESAMPLE | VERBOSE
    ;

// May name nothing unless quoted.
reservedKeyword
    : ALL | ANALYSE | ANALYZE | AND | ANY | ARRAY | AS | ASC | ASYMMETRIC | BOTH | CASE | CAST | CHECK | COLLATE | COLUMN | CONSTRAINT |
    CREATE | CURRENT_CATALOG | CURRENT_DATE | CURRENT_ROLE | CURRENT_TIME | CURRENT_TIMESTAMP | CURRENT_USER | DEFAULT | DEFERRABLE | DESC |
    DISTINCT | DO | ELSE | END | EXCEPT | FALSE | FETCH | FOR | FOREIGN | FROM | GRANT | GROUP | HAVING | IN | INITIALLY | INTERSECT | INTO
    | LATERAL | LEADING | LIMIT | LOCALTIME | LOCALTIMESTAMP | NOT | NULL | OFFSET | ON | ONLY | OR | ORDER | PLACING | PRIMARY | REFERENCES
    | RETURNING | SELECT | SESSION_USER | SOME | SYMMETRIC | TABLE | THEN | TO | TRAILING | TRUE | UNION | UNIQUE | USER | USING | VARIADIC
    | WHEN | WHERE | WINDOW | WITH
    ;

// May be the label of a column without AS.
bareLabelKeyword
    : ABORT | ABSOLUTE | ACCESS | ACTION | ADD | ADMIN | AFTER | AGGREGATE | ALL | ALSO | ALTER | ALWAYS | ANALYSE | ANALYZE | AND | ANY | ASC
    | ASENSITIVE | ASSERTION | ASSIGNMENT | ASYMMETRIC | AT | ATOMIC | ATTACH | ATTRIBUTE | AUTHORIZATION | BACKWARD | BEFORE | BEGIN |
    BETWEEN | BIGINT | BINARY | BIT | BOOLEAN | BOTH | BREADTH | BY | CACHE | CALL | CALLED | CASCADE | CASCADED | CASE | CAST | CATALOG |
    CHAIN | CHARACTERISTICS | CHECK | CHECKPOINT | CLASS | CLOSE | CLUSTER | COALESCE | COLLATE | COLLATION | COLUMN | COLUMNS | COMMENT |
    COMMENTS | COMMIT | COMMITTED | COMPRESSION | CONCURRENTLY | CONFIGURATION | CONFLICT | CONNECTION | CONSTRAINT | CONSTRAINTS | CONTENT
    | CONTINUE | CONVERSION | COPY | COST | CROSS | CSV | CUBE | CURRENT | CURRENT_CATALOG | CURRENT_DATE | CURRENT_ROLE | CURRENT_SCHEMA |
    CURRENT_TIME | CURRENT_TIMESTAMP | CURRENT_USER | CURSOR | CYCLE | DATA | DATABASE | DEALLOCATE | DEC | DECIMAL | DECLARE | DEFAULT |
    DEFAULTS | DEFERRABLE | DEFERRED | DEFINER | DELETE | DELIMITER | DELIMITERS | DEPENDS | DEPTH | DESC | DETACH | DICTIONARY | DISABLE |
    DISCARD | DISTINCT | DO | DOCUMENT | DOMAIN | DOUBLE | DROP | EACH | ELSE | ENABLE | ENCODING | ENCRYPTED | END | ENUM | ESCAPE | EVENT
    | EXCLUDE | EXCLUDING | EXCLUSIVE | EXECUTE | EXISTS | EXPLAIN | EXPRESSION | EXTENSION | EXTERNAL | EXTRACT | FALSE | FAMILY | FINALIZE
    | FIRST | FLOAT | FOLLOWING | FORCE | FOREIGN | FORWARD | FREEZE | FULL | FUNCTION | FUNCTIONS | GENERATED | GLOBAL | GRANTED | GREATEST
    | GROUPING | GROUPS | HANDLER | HEADER | HOLD | IDENTITY | IF | ILIKE | IMMEDIATE | IMMUTABLE | IMPLICIT | IMPORT | IN | INCLUDE |
    INCLUDING | INCREMENT | INDEX | INDEXES | INHERIT | INHERITS | INITIALLY | INLINE | INNER | INOUT | INPUT | INSENSITIVE | INSERT |
    INSTEAD | INT | INTEGER | INTERVAL | INVOKER | IS | ISOLATION | JOIN | KEY | LABEL | LANGUAGE | LARGE | LAST | LATERAL | LEADING |
    LEAKPROOF | LEAST | LEFT | LEVEL | LIKE | LISTEN | LOAD | LOCAL | LOCALTIME | LOCALTIMESTAMP | LOCATION | LOCK | LOCKED | LOGGED |
    MAPPING | MATCH | MATCHED | MATERIALIZED | MAXVALUE | MERGE | METHOD | MINVALUE | MODE | MOVE | NAME | NAMES | NATIONAL | NATURAL |
    NCHAR | NEW | NEXT | NFC | NFD | NFKC | NFKD | NO | NONE | NORMALIZE | NORMALIZED | NOT | NOTHING | NOTIFY | NOWAIT | NULL | NULLIF |
    NULLS | NUMERIC | OBJECT | OF | OFF | OIDS | OLD | ONLY | OPERATOR | OPTION | OPTIONS | OR | ORDINALITY | OTHERS | OUT | OUTER | OVERLAY
    | OVERRIDING | OWNED | OWNER | PARALLEL | PARAMETER | PARSER | PARTIAL | PARTITION | PASSING | PASSWORD | PLACING | PLANS | POLICY |
    POSITION | PRECEDING | PREPARE | PREPARED | PRESERVE | PRIMARY | PRIOR | PRIVILEGES | PROCEDURAL | PROCEDURE | PROCEDURES | PROGRAM |
    PUBLICATION | QUOTE | RANGE | READ | REAL | REASSIGN | RECHECK | RECURSIVE | REF | REFERENCES | REFERENCING | REFRESH | REINDEX |
    RELATIVE | RELEASE | RENAME | REPEATABLE | REPLACE | REPLICA | RESET | RESTART | RESTRICT | RETURN | RETURNS | REVOKE | RIGHT | ROLE |
    ROLLBACK | ROLLUP | ROUTINE | ROUTINES | ROW | ROWS | RULE | SAVEPOINT | SCHEMA | SCHEMAS | SCROLL | SEARCH | SECURITY | SELECT |
    SEQUENCE | SEQUENCES | SERIALIZABLE | SERVER | SESSION | SESSION_USER | SET | SETOF | SETS | SHARE | SHOW | SIMILAR | SIMPLE | SKIP |
    SMALLINT | SNAPSHOT | SOME | SQL | STABLE | STANDALONE | START | STATEMENT | STATISTICS | STDIN | STDOUT | STORAGE | STORED | STRICT |
    STRIP | SUBSCRIPTION | SUBSTRING | SUPPORT | SYMMETRIC | SYSID | SYSTEM | TABLE | TABLES | TABLESAMPLE | TABLESPACE | TEMP | TEMPLATE |
    TEMPORARY | TEXT | THEN | TIES | TIME | TIMESTAMP | TRAILING | TRANSACTION | TRANSFORM | TREAT | TRIGGER | TRIM | TRUE | TRUNCATE |
    TRUSTED | TYPE | TYPES | UESCAPE | UNBOUNDED | UNCOMMITTED | UNENCRYPTED | UNIQUE | UNKNOWN | UNLISTEN | UNLOGGED | UNTIL | UPDATE |
    USER | USING | VACUUM | VALID | VALIDATE | VALIDATOR | VALUE | VALUES | VARCHAR | VARIADIC | VERBOSE | VERSION | VIEW | VIEWS | VOLATILE
    | WHEN | WHITESPACE | WORK | WRAPPER | WRITE | XML | XMLATTRIBUTES | XMLCONCAT | XMLELEMENT | XMLEXISTS | XMLFOREST | XMLNAMESPACES |
    XMLPARSE | XMLPI | XMLROOT | XMLSERIALIZE | XMLTABLE | YES | ZONE
    ;
