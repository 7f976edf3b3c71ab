using Nacre.Formats;

namespace Nacre.Evidence.Tpm;

/// <summary>
/// TPMT_SIGNATURE of the schemes RSASSA, RSAPSS and ECDSA (TPM 2.0 Library part 2, section 11.3.4). The hash is any that the field names;
/// the verifier says which it trusts.
/// </summary>
public sealed record TpmSignature
{
    public const int MaxSize = 1024;

    private const int MaxRsa = 512;
    private const int MaxCoordinate = 48;

    /// <summary>One of <see cref="TpmAlgorithm.RsaSsa"/>, <see cref="TpmAlgorithm.RsaPss"/>, <see cref="TpmAlgorithm.EcDsa"/>.</summary>
    public required ushort Scheme { get; init; }

    /// <summary>TPM_ALG_ID of the hash of the scheme, which is also the hash of the quote's PCR digest.</summary>
    public required ushort Hash { get; init; }

    /// <summary>The RSA signature; empty for ECDSA.</summary>
    public ReadOnlyMemory<byte> Rsa { get; init; }

    /// <summary>Big-endian, of any length up to the largest coordinate: a TPM may leave leading zero bytes out.</summary>
    public ReadOnlyMemory<byte> R { get; init; }

    public ReadOnlyMemory<byte> S { get; init; }

    public static TpmSignature Parse(ReadOnlyMemory<byte> raw)
    {
        var r = new StructReader("tpm.signature", raw.Span);
        if (raw.Length > MaxSize)
            throw r.Malformed($"is {raw.Length} bytes long, at most {MaxSize} are allowed");

        var scheme = r.UInt16BE("scheme");
        if (scheme is not (TpmAlgorithm.RsaSsa or TpmAlgorithm.RsaPss or TpmAlgorithm.EcDsa))
            throw r.Malformed($"is {TpmAlgorithm.Name(scheme)}, must be rsassa, rsapss or ecdsa");

        var hash = r.UInt16BE("hash");
        var signature = scheme == TpmAlgorithm.EcDsa
            ? new TpmSignature { Scheme = scheme, Hash = hash, R = Slice(raw, ref r, "r", MaxCoordinate), S = Slice(raw, ref r, "s", MaxCoordinate) }
            : new TpmSignature { Scheme = scheme, Hash = hash, Rsa = Slice(raw, ref r, "sig", MaxRsa) };

        r.End();
        return signature;
    }

    /// <summary>r and s, each padded on the left to <paramref name="coordinate"/> bytes; null when one does not fit.</summary>
    public byte[]? ToFixedWidth(int coordinate)
    {
        var r = R.Span.TrimStart((byte)0);
        var s = S.Span.TrimStart((byte)0);
        if (r.Length > coordinate || s.Length > coordinate)
            return null;

        var joined = new byte[2 * coordinate];
        r.CopyTo(joined.AsSpan(coordinate - r.Length));
        s.CopyTo(joined.AsSpan(2 * coordinate - s.Length));
        return joined;
    }

    private static ReadOnlyMemory<byte> Slice(ReadOnlyMemory<byte> raw, ref StructReader reader, string field, int max)
    {
        var length = reader.Sized16BE(field, max).Length;
        return length > 0 ? raw.Slice(reader.Offset - length, length) : throw reader.Malformed("is empty");
    }
}
