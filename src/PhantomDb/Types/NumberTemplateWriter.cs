using System.Text;
using PhantomDb.Errors;
using AnchoredSign = PhantomDb.Types.NumberTemplate.AnchoredSign;
using Pattern = PhantomDb.Types.NumberTemplate.Pattern;

namespace PhantomDb.Types;

/// <summary>
/// Writes the digits of one number into the places of a <see cref="NumberTemplate"/>. The places before the number's
/// first digit stay blank, or are zeros from the first 0 of the template on; the sign goes right before the first digit.
/// </summary>
internal ref struct NumberTemplateWriter
{
    private readonly NumberTemplate _template;
    private readonly ReadOnlySpan<byte> _number;
    private readonly Span<byte> _destination;
    private readonly bool _isNegative;
    private readonly int _blanks;
    private readonly int _zeroStart;
    private readonly bool _hasBrackets;

    /// <summary>With FM, the last digit behind the point worth writing (the point itself where there is none); else -1.</summary>
    private readonly int _lastRelevant = -1;
    private readonly int _lastPlace;
    private readonly bool _hasFraction;

    private bool _isSignWritten;
    private bool _isInNumber;
    private int _place;
    private int _next;
    private int _length;

    public NumberTemplateWriter(
        NumberTemplate template, ReadOnlySpan<byte> number, bool isNegative, int blanks, int integerPlaces, int fractionDigits, Span<byte> destination)
    {
        _template = template;
        _number = number;
        _destination = destination;
        _isNegative = isNegative;
        _blanks = blanks;
        _zeroStart = template.ZeroStart > 0 ? template.ZeroStart - 1 : 0;
        _hasFraction = fractionDigits != 0;
        _hasBrackets = template.HasBrackets;
        if (template.HasPlus || template.HasMinus)
        {
            // MI and SG write the sign themselves; PL only a plus.
            _isSignWritten = template.HasMinus;
        }
        else
        {
            _hasBrackets &= isNegative || !template.IsFill;
            _isSignWritten = !isNegative && template.IsFill && !template.HasAnchoredSign;
        }

        int places = integerPlaces + fractionDigits - 1 + (!_isSignWritten && blanks == 0 ? 1 : 0);
        _lastPlace = places + (blanks > 0 ? 1 : 0) + (template.HasPoint ? 1 : 0);
        if (template.IsFill && template.HasPoint)
        {
            _lastRelevant = FindLastRelevant(number);
            if (_lastRelevant >= 0 && template.ZeroEnd > blanks)
            {
                _lastRelevant = Math.Max(_lastRelevant, Math.Min(number.Length - 1, template.ZeroEnd - blanks));
            }
        }
    }

    public int Write()
    {
        foreach (NumberTemplate.Node node in _template.Nodes)
        {
            switch (node.Pattern)
            {
                case Pattern.Nine or Pattern.Zero or Pattern.Point:
                    WritePlace(node.Pattern);
                    break;
                case Pattern.Comma when _isInNumber: Put(','); break;
                case Pattern.Comma when !_template.IsFill: Put(' '); break;
                case Pattern.Currency: Put(' '); break;
                case Pattern.Ordinal or Pattern.LowerOrdinal when _number[0] != '#' && !_isNegative && !_template.HasPoint:
                    if (!DecimalDigits.IsDigit(_number[^1]))
                    {
                        throw Error.NotANumber(Encoding.ASCII.GetString(_number));
                    }

                    Put(DateTimeTemplateWriter.Ordinal(_number, node.Pattern == Pattern.Ordinal));
                    break;
                case Pattern.Minus when _isNegative: Put('-'); break;
                case Pattern.Minus when !_template.IsFill: Put(' '); break;
                case Pattern.Plus when !_isNegative: Put('+'); break;
                case Pattern.Plus when !_template.IsFill: Put(' '); break;
                case Pattern.Sign: Put(_isNegative ? '-' : '+'); break;
                case Pattern.Character: Put(node.Text); break;
            }
        }

        return _length;
    }

    private static int FindLastRelevant(ReadOnlySpan<byte> number)
    {
        int point = number.IndexOf((byte)'.');
        if (point < 0)
        {
            return -1;
        }

        int last = number.LastIndexOfAnyExcept((byte)'0');
        return Math.Max(last, point);
    }

    private readonly bool IsLastRelevantPoint => _lastRelevant >= 0 && _number[_lastRelevant] == '.';

    /// <summary>The zero before the point of a number below one, which a 9 does not show.</summary>
    private readonly bool IsHiddenZero => !_template.HasZero && _next == 0 && _number[0] == '0' && _hasFraction;

    private void WritePlace(Pattern pattern)
    {
        _isInNumber = false;
        bool startsHere = _place >= _blanks || (_template.HasZero && _zeroStart == _place);
        if (!_isSignWritten && startsHere && (!IsHiddenZero || IsLastRelevantPoint))
        {
            WriteSignBefore();
        }

        if (_place < _blanks)
        {
            if (_template.HasZero && _zeroStart <= _place)
            {
                Put('0');
                _isInNumber = true;
            }
            else if (!_template.IsFill)
            {
                Put(' ');
            }
        }
        else
        {
            WriteDigit(pattern);
        }

        bool isLast = _place + 1 == _lastPlace;
        if (_lastRelevant >= 0 && _lastRelevant == _next)
        {
            isLast = false; // the rest of the digits is not written
        }

        if (isLast)
        {
            WriteSignBehind();
        }

        _place++;
    }

    private void WriteDigit(Pattern pattern)
    {
        byte c = _next < _number.Length ? _number[_next] : (byte)0;
        if (c == '.')
        {
            Put('.');
        }
        else if (_lastRelevant >= 0 && _next > _lastRelevant && pattern != Pattern.Zero)
        {
            // A zero at the end, which FM leaves out.
        }
        else if (IsHiddenZero)
        {
            if (!_template.IsFill)
            {
                Put(' ');
            }
            else if (IsLastRelevantPoint)
            {
                Put('0');
            }
        }
        else if (c != 0)
        {
            Put((char)c);
            _isInNumber = true;
        }

        _next += c != 0 ? 1 : 0;
    }

    private void WriteSignBefore()
    {
        if (_template.HasAnchoredSign)
        {
            if (_template.SignPlaceForOutput == AnchoredSign.Before)
            {
                Put(_isNegative ? '-' : '+');
                _isSignWritten = true;
            }

            return;
        }

        if (_hasBrackets)
        {
            Put(_isNegative ? '<' : ' ');
        }
        else if (_isNegative)
        {
            Put('-');
        }
        else if (!_template.IsFill)
        {
            Put(' ');
        }

        _isSignWritten = true;
    }

    private void WriteSignBehind()
    {
        if (_isSignWritten && _hasBrackets)
        {
            Put(_isNegative ? '>' : ' ');
        }
        else if (_template.HasAnchoredSign && _template.SignPlaceForOutput == AnchoredSign.After)
        {
            Put(_isNegative ? '-' : '+');
        }
    }

    private void Put(char c) => _destination[_length++] = (byte)c;

    private void Put(string text) => _length += Encoding.UTF8.GetBytes(text, _destination[_length..]);
}
