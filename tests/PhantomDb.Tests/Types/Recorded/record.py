#!/usr/bin/env python3
"""Records what PostgreSQL 15 answers, for the tests of PhantomDb.Types.

usage: PGHOST=... PGPORT=... PGUSER=... ./record.py     (needs psql and a server of version 15; rewrites the .tsv files)

A line is: operation, arguments, then the answer as text, or `!SQLSTATE message`. Times are UTC.
"""
import itertools
import pathlib
import subprocess

HERE = pathlib.Path(__file__).parent

SETUP = """
set timezone = 'UTC'; set datestyle = 'ISO, MDY'; set intervalstyle = 'postgres'; set extra_float_digits = 1;
\\pset null NULL
"""


def quote(value):
    return "'" + value.replace("'", "''") + "'"


def record(name, cases):
    """cases: list of (operation, [arguments], SQL expression)"""
    script = SETUP
    for _, _, expression in cases:
        script += f"select ({expression})::text;\n\\if :ERROR\n\\echo !:SQLSTATE :LAST_ERROR_MESSAGE\n\\endif\n"
    output = subprocess.run(["psql", "-XAtq", "-d", "postgres"], input=script, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    answers = output.removesuffix("\n").split("\n")
    assert len(answers) == len(cases), (name, len(answers), len(cases))
    with open(HERE / f"{name}.tsv", "w", encoding="utf-8", newline="\n") as file:
        for (operation, arguments, _), answer in zip(cases, answers):
            escaped = [a.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n") for a in arguments]
            file.write("\t".join([operation, *escaped, answer]) + "\n")


def unary(operation, template, values):
    return [(operation, [v], template.format(quote(v))) for v in values]


def binary(operation, template, lefts, rights):
    return [(operation, [a, b], template.format(quote(a), quote(b))) for a, b in itertools.product(lefts, rights)]


NUMERIC_TEXTS = [
    "0", "1", "-1", "+5", "  42  ", "007", "1.0", "1.50", ".5", "-.5", "5.", "0.000", "-0.0", "-0", "123456789.987654321",
    "12345678901234567890", "0.00000000000000000001", "99999999999999999999999999999999999999", "1e5", "1.5e3", "1.5E-3",
    "1e-10", "12.34e1", "12.34e2", "12.34e3", "0e5", "0e-5", "NaN", "nan", "Infinity", "-infinity", "inf", "+Inf", "-inf",
    "", " ", "abc", "1..2", "1.2.3", "1e", "1e+", "e5", "--1", "+-1", "1 2", "1_000", "-NaN", "+NaN", "0x10", "1,000", ".",
    "-", "1e5x", "infinit", "infinity1", "\t7\n", "1e 5", "$5",
]

NUMERIC_VALUES = [
    "0", "1", "-1", "2", "3", "7", "10", "0.5", "-2.50", "1.00", "0.001", "-0.03", "9999", "10000", "12345.678",
    "99999999.99", "0.00001234", "123456789012345678", "-98765432109876.54321", "Infinity", "-Infinity", "NaN",
]

ROUNDED = [
    "0", "0.5", "-0.5", "1.5", "2.5", "-2.5", "2.49999", "1234.5678", "-1234.5678", "999.995", "0.005", "0.0049", "50", "49",
    "-50", "149", "150", "0.45", "99.99", "NaN", "Infinity", "12345678901234567890.5",
]

FUNCTION_VALUES = [
    "0", "1", "-1", "2", "0.5", "10", "100", "0.001", "1.00001", "0.99", "1.05", "123.456", "123456789.123", "0.0000001", "3.14159",
    "2.00", "1e20", "1e-20", "99999", "7", "NaN", "Infinity", "-Infinity", "0.9", "1.1", "1.10000001", "0.89999", "1.0000000000001",
]

POWERS = [
    ("2", "10"), ("2", "0.5"), ("1.5", "-3"), ("10", "-20"), ("0", "0"), ("2", "-2.5"), ("123.456", "7"), ("1.0001", "1000"),
    ("-2", "3"), ("-2", "2"), ("-2", "0.5"), ("7.2", "20"), ("0.5", "30"), ("1.1", "2.5"), ("10.00", "2"), ("0", "-1"), ("0", "2.5"),
    ("0.000", "3"), ("7", "0.333"), ("0.001", "0.5"), ("3", "40"), ("12.5", "1"), ("12.5", "-1"), ("12.5", "0"), ("0.3", "100"),
    ("3.7", "-40"), ("NaN", "0"), ("1", "NaN"), ("2", "NaN"), ("Infinity", "2"), ("Infinity", "-2"), ("-Infinity", "3"),
    ("-Infinity", "2"), ("2", "Infinity"), ("0.5", "Infinity"), ("-1", "Infinity"), ("2", "-Infinity"), ("0", "Infinity"),
    ("1.000000001", "1000000"), ("0.999999", "123456"), ("1.01", "365"), ("2", "100"), ("1.5", "2.0"), ("9", "0.5"), ("1e10", "1.5"),
]

INTEGER_TEXTS = [
    "0", "1", "-1", "+1", "  12  ", "\t-5\n", "32767", "-32768", "32768", "2147483647", "-2147483648", "2147483648",
    "9223372036854775807", "-9223372036854775808", "9223372036854775808", "00000000000000000000000012", "", " ", "-", "+", "1.0",
    "1e3", "abc", "12x", "1 2", "99999999999999999999999x", "-0", "--1", "0x1F", "1_0",
]

BOOLEAN_TEXTS = [
    "t", "f", "T", "F", "true", "TRUE", "tru", "tr", "false", "fals", "yes", "ye", "y", "no", "n", "on", "off", "of", "o", "1", "0",
    "  true  ", "truee", "", "2", "10", "yess", "nope", "onn", " 1 ", "tx",
]

FLOAT_TEXTS = [
    "0", "-0", "1", "-1.5", "0.1", "0.2", "0.3", "1e15", "1e14", "999999999999999", "1e16", "123456789012345678", "1e-4", "0.00001",
    "1234567", "123456", "1e6", "999999", "16777216", "16777217", "1.5e-7", "3.4028235e38", "1e38", "1e39", "1.7976931348623157e308",
    "1e309", "5e-324", "1e-400", "2.2250738585072014e-308", "1e-45", "1e-46", "NaN", "nan", "Infinity", "-Infinity", "inf", "-inf",
    "+inf", "  3.5  ", "abc", "", " ", "1e", "1e+", ".", ".5", "5.", "1.2.3", "1 2", "0x1F", "0x1.8p3", "infi", "+5", "1e0400",
    "0.1234567890123456789", "3.14159265358979323846", "100000", "1000000", "10000000", "123456789.5", "-nan", "1_0",
    "4.35", "0.000123456", "9007199254740993", "1.1754944e-38", "8388608.5", "33554432", "1e22", "1e23", "12345.678", "9e22", "4e23", "8.5e22", "5e25", "1e24", "-1e23", "8589973000", "6e9",
]

DOUBLE_VALUES = [
    "0", "-0", "1.5", "2.5", "-2.5", "0.1", "1e20", "123456789.123456789", "1e-10", "3e37", "1e38", "32767.4", "32767.5", "-32768.5",
    "-32768.6", "2147483647.5", "2147483646.5", "9.2233720368547e18", "9223372036854775807", "NaN", "Infinity", "-Infinity",
    "0.3333333333333333", "1e40", "1e-50", "123456.5", "1234567.5", "4e38",
]


def numerics():
    finite = [v for v in NUMERIC_VALUES if v[-1].isdigit()]
    cases = unary("parse", "{}::numeric", NUMERIC_TEXTS)
    for operation, symbol in [("add", "+"), ("subtract", "-"), ("multiply", "*"), ("divide", "/"), ("modulo", "%")]:
        cases += binary(operation, f"{{}}::numeric {symbol} {{}}::numeric", NUMERIC_VALUES, NUMERIC_VALUES)
    cases += binary("div", "div({}::numeric, {}::numeric)", finite, finite)
    cases += binary("less", "({}::numeric < {}::numeric)", NUMERIC_VALUES, NUMERIC_VALUES)
    for digits in ["0", "1", "2", "5", "-1", "-2", "-4"]:
        cases += [("round", [v, digits], f"round({quote(v)}::numeric, {digits})") for v in ROUNDED]
        cases += [("trunc", [v, digits], f"trunc({quote(v)}::numeric, {digits})") for v in ROUNDED]
    for function in ["ceil", "floor", "abs", "sign", "trim_scale"]:
        cases += unary(function, f"{function}({{}}::numeric)", ROUNDED + NUMERIC_VALUES)
    for function in ["sqrt", "exp", "ln", "log"]:
        values = [v for v in FUNCTION_VALUES if function != "exp" or v not in ("1e20", "123456789.123", "99999", "100", "123.456")]
        cases += unary(function, f"{function}({{}}::numeric)", values)
    cases += binary("logb", "log({}::numeric, {}::numeric)", ["2", "10", "2.5", "0.5", "1", "0", "1.0001"],
                    ["1", "2", "8", "1000", "0.001", "0", "-1", "1.00001", "NaN"])
    cases += [("power", [a, b], f"power({quote(a)}::numeric, {quote(b)}::numeric)") for a, b in POWERS]
    for typename in ["int2", "int4", "int8", "float8", "float4"]:
        cases += unary("to_" + typename, f"{{}}::numeric::{typename}", ROUNDED + NUMERIC_VALUES)
    for precision, scale in [(5, 2), (3, 0), (10, 4), (18, 2), (2, 2), (38, 10), (3, 5), (20, 4)]:
        cases += [("fixed", [v, str(precision), str(scale)], f"{quote(v)}::numeric({precision},{scale})")
                  for v in NUMERIC_TEXTS + ROUNDED if v.lower() != "nan"]
    cases += unary("from_float8", "{}::float8::numeric", DOUBLE_VALUES[:-2])
    cases += unary("from_float4", "{}::float8::float4::numeric", [v for v in DOUBLE_VALUES if v not in ("1e40", "1e-50", "4e38")])
    record("numeric", cases)


def scalars():
    cases = []
    for typename in ["int2", "int4", "int8"]:
        cases += unary(typename, f"{{}}::{typename}", INTEGER_TEXTS)
        cases += unary("float8_" + typename, f"{{}}::float8::{typename}", DOUBLE_VALUES)
    cases += unary("bool", "{}::bool", BOOLEAN_TEXTS)
    for typename in ["float8", "float4"]:
        cases += unary(typename, f"{{}}::{typename}", FLOAT_TEXTS)
    cases += unary("float8_float4", "{}::float8::float4", DOUBLE_VALUES)
    record("scalar", cases)


if __name__ == "__main__":
    numerics()
    scalars()
