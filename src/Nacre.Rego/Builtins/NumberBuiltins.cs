using System.Numerics;
using System.Security.Cryptography;

namespace Nacre.Rego.Builtins;

internal static class NumberBuiltins
{
    private const int MaxRange = 10_000_000;

    public static readonly Builtin[] List =
    [
        new("numbers.range", 2, (c, a) => Range(c, a.BigInt(0), a.BigInt(1), BigInteger.One)),
        new("numbers.range_step", 3, RangeStep),
        new("rand.intn", 2, RandomBelow),
    ];

    private static RegoArray RangeStep(BuiltinCall call, ReadOnlySpan<RegoValue> a)
    {
        var (from, to, step) = (a.BigInt(0), a.BigInt(1), a.BigInt(2));
        return step.Sign > 0 ? Range(call, from, to, step) : throw new RegoBuiltinException("step must be a positive integer");
    }

    private static RegoArray Range(BuiltinCall call, BigInteger from, BigInteger to, BigInteger step)
    {
        var count = BigInteger.Abs(to - from) / step + 1;
        if (count > MaxRange)
            throw new RegoBuiltinException($"the range has more than {MaxRange} numbers");

        call.Evaluation.Steps((long)count);
        call.Evaluation.Charge((int)count * 3);
        var numbers = new RegoValue[(int)count];
        var sign = to < from ? -step : step;
        for (var i = 0; i < numbers.Length; i++)
            numbers[i] = RegoNumber.From(from + sign * i);

        return new RegoArray(numbers);
    }

    // The same for the same text within one evaluation.
    private static RegoNumber RandomBelow(BuiltinCall call, ReadOnlySpan<RegoValue> a)
    {
        _ = a.Text(0);
        var limit = BigInteger.Abs(a.BigInt(1));
        if (limit.IsZero)
            return RegoNumber.Zero;

        return call.Once(new RegoArray(a.ToArray()), () =>
            RegoNumber.From(new BigInteger(RandomNumberGenerator.GetBytes(limit.GetByteCount() + 8), isUnsigned: true) % limit));
    }
}
