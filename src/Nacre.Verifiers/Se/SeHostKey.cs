using System.Security.Cryptography;
using Nacre.Evidence.Se;
using Nacre.Formats;
using Nacre.Formats.X509;

namespace Nacre.Verifiers.Se;

/// <summary>The public key of an IBM Z machine, on P-521. Requests are encrypted for it.</summary>
public sealed class SeHostKey : IDisposable
{
    private const int CurveSize = 66;

    private readonly ECDiffieHellman _key;

    private SeHostKey(ECDiffieHellman key, byte[] coordinates) =>
        (_key, Coordinates, Hash) = (key, coordinates, SHA256.HashData(coordinates));

    /// <summary>SHA-256 of the coordinates: how requests and answers name the machine.</summary>
    public byte[] Hash { get; }

    /// <summary>x and y, 80 bytes each, big endian.</summary>
    internal byte[] Coordinates { get; }

    internal ECDiffieHellmanPublicKey PublicKey => _key.PublicKey;

    /// <exception cref="MalformedDataException">The certificate has no key on P-521.</exception>
    public static SeHostKey Read(Certificate document)
    {
        ArgumentNullException.ThrowIfNull(document);
        var key = ECDiffieHellman.Create();
        try
        {
            // Refuses points off the curve and keys of other kinds; what is left to ask is which curve.
            using (var known = VerificationKey.Import(document.SubjectPublicKeyInfo.Span))
            {
                if (known.Kind != "P-521")
                    throw new MalformedDataException("se.host_key", "(key)", 0, $"must be on P-521, is {known.Kind}");
            }

            key.ImportSubjectPublicKeyInfo(document.SubjectPublicKeyInfo.Span, out _);
            var host = new SeHostKey(key, Pad(key.ExportParameters(false).Q));
            key = null;
            return host;
        }
        catch (CryptographicException error)
        {
            throw new MalformedDataException("se.host_key", "(key)", 0, "cannot agree on keys", error);
        }
        finally
        {
            key?.Dispose();
        }
    }

    public void Dispose() => _key.Dispose();

    /// <summary>Coordinates as the structures of Secure Execution hold them.</summary>
    internal static byte[] Pad(ECPoint point)
    {
        var coordinates = new byte[2 * SeAttestationRequest.CoordinateSize];
        point.X!.CopyTo(coordinates, SeAttestationRequest.CoordinateSize - point.X.Length);
        point.Y!.CopyTo(coordinates, coordinates.Length - point.Y.Length);
        return coordinates;
    }

    /// <summary>The other direction.</summary>
    /// <exception cref="MalformedDataException">It is no point of the curve.</exception>
    internal static ECDiffieHellman Unpad(ReadOnlySpan<byte> x, ReadOnlySpan<byte> y)
    {
        const int Padding = SeAttestationRequest.CoordinateSize - CurveSize;
        if (x[..Padding].ContainsAnyExcept((byte)0) || y[..Padding].ContainsAnyExcept((byte)0))
            throw new MalformedDataException("se.request", "customer_key", 0x40, "is wider than the curve");

        try
        {
            return ECDiffieHellman.Create(new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP521,
                Q = new() { X = x[Padding..].ToArray(), Y = y[Padding..].ToArray() },
            });
        }
        catch (CryptographicException error)
        {
            throw new MalformedDataException("se.request", "customer_key", 0x40, "is no point of P-521", error);
        }
    }
}
