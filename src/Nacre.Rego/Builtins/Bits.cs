using System.Numerics;

namespace Nacre.Rego.Builtins;

internal static class Bits
{
    // A shift by more than this would only fill memory.
    private const int MaxShift = 100_000;

    public static readonly Builtin[] List =
    [
        new("bits.or", 2, (_, a) => RegoNumber.From(a.BigInt(0) | a.BigInt(1))),
        new("bits.and", 2, (_, a) => RegoNumber.From(a.BigInt(0) & a.BigInt(1))),
        new("bits.xor", 2, (_, a) => RegoNumber.From(a.BigInt(0) ^ a.BigInt(1))),
        new("bits.negate", 1, (_, a) => RegoNumber.From(~a.BigInt(0))),
        new("bits.lsh", 2, (_, a) => RegoNumber.From(a.BigInt(0) << Shift(a.BigInt(1)))),
        new("bits.rsh", 2, (_, a) => RegoNumber.From(a.BigInt(0) >> Shift(a.BigInt(1)))),
    ];

    private static int Shift(BigInteger count)
    {
        if (count.Sign < 0)
            throw Operands.Wrong(1, "must be an unsigned integer number but got a negative integer");

        return count <= MaxShift ? (int)count : throw Operands.Wrong(1, $"must be at most {MaxShift}");
    }
}
