using System.Security.Cryptography;
using Nacre.Evidence.Tpm;

namespace Nacre.Verifiers.Tpm;

/// <summary>An attestation key that is strong enough: RSA from 2048 bits with exponent 65537, P-256 or P-384.</summary>
internal sealed class TpmVerificationKey : IDisposable
{
    public const string Accepted = "RSA of 2048 to 4096 bits with exponent 65537, or ECC on P-256 or P-384";

    private const string CurveP256 = "1.2.840.10045.3.1.7";
    private const string CurveP384 = "1.3.132.0.34";

    private readonly RSA? _rsa;
    private readonly RSAParameters _numbers;
    private readonly ECDsa? _ecdsa;
    private readonly int _coordinate;

    private TpmVerificationKey(RSA rsa, RSAParameters numbers) => (_rsa, _numbers) = (rsa, numbers);

    private TpmVerificationKey(ECDsa ecdsa, int coordinate) => (_ecdsa, _coordinate) = (ecdsa, coordinate);

    /// <summary>Null when the key is none that is accepted; <paramref name="found"/> then says what it is.</summary>
    public static TpmVerificationKey? Read(ReadOnlySpan<byte> subjectPublicKeyInfo, out string found) =>
        ReadRsa(subjectPublicKeyInfo, out found) ?? ReadEcc(subjectPublicKeyInfo, ref found);

    /// <summary>Verifies over the message as received.</summary>
    public bool Verify(TpmSignature signature, ReadOnlySpan<byte> message)
    {
        if (TpmAlgorithm.TrustedHash(signature.Hash) is not { } hash)
            return false;

        return signature.Scheme switch
        {
            TpmAlgorithm.RsaSsa => _rsa is not null && _rsa.VerifyData(message, signature.Rsa.Span, hash, RSASignaturePadding.Pkcs1),
            TpmAlgorithm.RsaPss => _rsa is not null && RsaPss.Verify(_numbers, hash, message, signature.Rsa.Span),
            TpmAlgorithm.EcDsa => _ecdsa is not null && signature.ToFixedWidth(_coordinate) is { } fixedWidth
                && _ecdsa.VerifyData(message, fixedWidth, hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation),
            _ => false,
        };
    }

    public void Dispose()
    {
        _rsa?.Dispose();
        _ecdsa?.Dispose();
    }

    private static TpmVerificationKey? ReadRsa(ReadOnlySpan<byte> spki, out string found)
    {
        found = "not a DER SubjectPublicKeyInfo of a known kind";
        var rsa = RSA.Create();
        try
        {
            rsa.ImportSubjectPublicKeyInfo(spki, out var read);
            var numbers = rsa.ExportParameters(false);
            var exponent = numbers.Exponent.AsSpan().TrimStart((byte)0);
            found = $"RSA of {rsa.KeySize} bits with exponent 0x{Convert.ToHexStringLower(exponent)}";
            if (read == spki.Length && rsa.KeySize is >= 2048 and <= 4096 && exponent.SequenceEqual<byte>([1, 0, 1]))
            {
                var key = new TpmVerificationKey(rsa, numbers);
                rsa = null;
                return key;
            }
        }
        catch (CryptographicException)
        {
            // Not an RSA key; what it is, is found out next.
        }
        finally
        {
            rsa?.Dispose();
        }

        return null;
    }

    private static TpmVerificationKey? ReadEcc(ReadOnlySpan<byte> spki, ref string found)
    {
        var ecdsa = ECDsa.Create();
        try
        {
            ecdsa.ImportSubjectPublicKeyInfo(spki, out var read);
            var curve = ecdsa.ExportParameters(false).Curve;
            found = $"ECC on {(curve.IsNamed ? curve.Oid.Value ?? curve.Oid.FriendlyName : "a curve without a name")}";
            var coordinate = curve.IsNamed ? curve.Oid.Value switch { CurveP256 => 32, CurveP384 => 48, _ => 0 } : 0;
            if (read == spki.Length && coordinate != 0)
            {
                var key = new TpmVerificationKey(ecdsa, coordinate);
                ecdsa = null;
                return key;
            }
        }
        catch (Exception error) when (error is CryptographicException or PlatformNotSupportedException)
        {
            // Neither, or a curve that this platform does not know: the caller has the words for it.
        }
        finally
        {
            ecdsa?.Dispose();
        }

        return null;
    }
}
