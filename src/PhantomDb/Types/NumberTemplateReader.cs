using AnchoredSign = PhantomDb.Types.NumberTemplate.AnchoredSign;
using Pattern = PhantomDb.Types.NumberTemplate.Pattern;

namespace PhantomDb.Types;

/// <summary>Reads the digits, the point and the sign out of a text by a <see cref="NumberTemplate"/> (to_number).</summary>
internal ref struct NumberTemplateReader
{
    private readonly NumberTemplate _template;
    private readonly ReadOnlySpan<byte> _text;
    private readonly Span<byte> _number;
    private int _at;
    private int _length = 1; // the first byte is the sign
    private int _integerDigits;
    private int _fractionDigits;
    private bool _hasPoint;

    /// <param name="number">Has room for the sign and a digit for each node of the template.</param>
    public NumberTemplateReader(NumberTemplate template, ReadOnlySpan<byte> text, Span<byte> number)
    {
        _template = template;
        _text = text;
        _number = number;
        _number[0] = (byte)' ';
    }

    private readonly bool IsAtEnd => _at >= _text.Length;

    public ReadOnlySpan<byte> Read()
    {
        foreach (NumberTemplate.Node node in _template.Nodes)
        {
            if (IsAtEnd)
            {
                break;
            }

            switch (node.Pattern)
            {
                case Pattern.Nine or Pattern.Zero or Pattern.Point:
                    ReadPlace(node.Pattern);
                    _at++;
                    break;
                case Pattern.Comma:
                    _at += _text[_at] == ',' ? 1 : 0;
                    break;
                case Pattern.Minus: ReadSign('-'); break;
                case Pattern.Plus: ReadSign('+'); break;
                case Pattern.Sign:
                    if (_text[_at] is (byte)'-' or (byte)'+')
                    {
                        _number[0] = _text[_at++];
                    }
                    else
                    {
                        SkipOther(1);
                    }

                    break;
                case Pattern.Currency: SkipOther(1); break;
                case Pattern.Ordinal or Pattern.LowerOrdinal: SkipOther(2); break;
                case Pattern.Character: SkipCharacter(); break;
            }
        }

        int end = _length > 1 && _number[_length - 1] == '.' ? _length - 1 : _length;
        return _number[..end];
    }

    private void ReadSign(char sign)
    {
        if (_text[_at] == sign)
        {
            _number[0] = (byte)sign;
            _at++;
        }
        else
        {
            SkipOther(1);
        }
    }

    /// <summary>Leaves the position on the character read; the caller goes on behind it.</summary>
    private void ReadPlace(Pattern pattern)
    {
        if (_text[_at] == ' ')
        {
            _at++;
        }

        if (IsAtEnd)
        {
            return;
        }

        bool hasDigits = _integerDigits + _fractionDigits > 0;
        if (_number[0] == ' ' && pattern != Pattern.Point && !hasDigits)
        {
            ReadSignBefore();
        }

        if (IsAtEnd)
        {
            return;
        }

        bool isRead = false;
        if (DecimalDigits.IsDigit(_text[_at]))
        {
            if (_hasPoint && _fractionDigits == _template.FractionDigits)
            {
                return;
            }

            _number[_length++] = _text[_at];
            _integerDigits += _hasPoint ? 0 : 1;
            _fractionDigits += _hasPoint ? 1 : 0;
            isRead = true;
        }
        else if (_template.HasPoint && !_hasPoint && _text[_at] == '.')
        {
            _number[_length++] = (byte)'.';
            _hasPoint = true;
            isRead = true;
        }

        if (_number[0] == ' ' && _integerDigits + _fractionDigits > 0)
        {
            ReadSignBehind(isRead);
        }
    }

    private void ReadSignBefore()
    {
        byte c = _text[_at];
        bool isBefore = !_template.HasAnchoredSign || _template.SignPlace == AnchoredSign.Before;
        if (_template.HasAnchoredSign && isBefore ? c == '-' : c == '-' || (_template.HasBrackets && c == '<'))
        {
            _number[0] = (byte)'-';
            _at++;
        }
        else if (c == '+')
        {
            _number[0] = (byte)'+';
            _at++;
        }
    }

    private void ReadSignBehind(bool isRead)
    {
        if (_template.HasAnchoredSign)
        {
            if (isRead && _at + 1 < _text.Length && _text[_at + 1] is ((byte)'-' or (byte)'+'))
            {
                _number[0] = _text[++_at];
            }
        }
        else if (!isRead && (_template.HasPlus || _template.HasMinus) && _text[_at] is ((byte)'-' or (byte)'+'))
        {
            _number[0] = _text[_at];
        }
    }

    /// <summary>Skips up to so many characters that cannot be part of the number.</summary>
    private void SkipOther(int count)
    {
        while (count-- > 0 && !IsAtEnd && !"0123456789.,+-"u8.Contains(_text[_at]))
        {
            SkipCharacter();
        }
    }

    private void SkipCharacter()
    {
        _at++;
        while (!IsAtEnd && (_text[_at] & 0xC0) == 0x80)
        {
            _at++;
        }
    }
}
