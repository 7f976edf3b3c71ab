using System.Buffers.Binary;
using System.Formats.Asn1;
using System.Security.Cryptography;

namespace Nacre.Formats.X509;

/// <summary>
/// The promises of transparency logs inside a certificate (RFC 6962, section 3.3): each is over the certificate as it was before they were
/// put in, and over the key of its issuer.
/// </summary>
public static class SignedCertificateTimestamps
{
    public const string Oid = "1.3.6.1.4.1.11129.2.4.2";
    private const string Structure = "ct.sct";
    private const int MaxList = 8 * 1024;
    private const int Most = 16;

    /// <summary>Null when one of the promises is by one of the logs; else why none is.</summary>
    /// <param name="certificate">The certificate that holds them.</param>
    /// <param name="issuer">Who issued it.</param>
    /// <param name="logKeys">SubjectPublicKeyInfo of each log that is trusted.</param>
    public static string? FindProblem(Certificate certificate, Certificate issuer, IReadOnlyList<byte[]> logKeys)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        ArgumentNullException.ThrowIfNull(issuer);
        if (certificate.Extensions.Find(Oid) is not { } extension)
            return "it has no timestamp of a certificate-transparency log";

        var toBeSigned = WithoutTimestamps(certificate.ToBeSigned);
        var issuerKey = SHA256.HashData(issuer.SubjectPublicKeyInfo.Span);
        var list = DerStructure.Read(Structure, extension, static (der, _) => der.ReadOctetString());
        var outer = new StructReader(Structure, list);
        var items = new StructReader(Structure, outer.Sized16BE("list", MaxList));
        outer.End();
        for (var count = 0; items.Remaining > 0; count++)
        {
            if (count == Most)
                throw items.Malformed($"is followed by more than {Most}");
            if (Verifies(items.Sized16BE("timestamp", MaxList), toBeSigned, issuerKey, logKeys))
                return null;
        }

        return "none of its timestamps is by a certificate-transparency log that is trusted";
    }

    private static bool Verifies(ReadOnlySpan<byte> timestamp, byte[] toBeSigned, byte[] issuerKey, IReadOnlyList<byte[]> logKeys)
    {
        var reader = new StructReader(Structure, timestamp);
        if (reader.UInt8("version") != 0)
            return false;

        var log = reader.Bytes(32, "logId");
        var time = reader.Bytes(8, "time");
        var extensions = reader.Sized16BE("extensions", MaxList);
        var (hash, scheme) = (reader.UInt8("hash"), reader.UInt8("scheme"));
        var signature = reader.Sized16BE("signature", 1024);
        reader.End();

        // RFC 5246, section 7.4.1.4.1: SHA-256 is 4, RSA 1, ECDSA 3; RFC 6962 allows no other.
        if (hash != 4 || scheme is not (1 or 3))
            return false;

        byte[] signed = [0, 0, .. time, 0, 1, .. issuerKey, .. Length(toBeSigned.Length, 3), .. toBeSigned, .. Length(extensions.Length, 2), .. extensions];
        foreach (var key in logKeys)
        {
            if (!log.SequenceEqual(SHA256.HashData(key)))
                continue;

            using var verifier = VerificationKey.Import(key);
            return verifier.Verify(new(scheme == 3 ? SignatureScheme.Ecdsa : SignatureScheme.RsaPkcs1, HashAlgorithmName.SHA256), signed, signature);
        }

        return false;
    }

    private static byte[] Length(int length, int width)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, length);
        return bytes[(4 - width)..];
    }

    // Section 3.2: the same, with this one extension taken out. All else is copied as it is.
    private static byte[] WithoutTimestamps(ReadOnlyMemory<byte> toBeSigned) => DerStructure.Read(Structure, toBeSigned, static (der, _) =>
    {
        var extensionsTag = new Asn1Tag(TagClass.ContextSpecific, 3);
        var body = der.ReadSequence();
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            while (body.HasData)
            {
                if (!body.PeekTag().HasSameClassAndValue(extensionsTag))
                {
                    writer.WriteEncodedValue(body.ReadEncodedValue().Span);
                    continue;
                }

                var extensions = body.ReadSequence(extensionsTag).ReadSequence();
                using var wrapped = writer.PushSequence(extensionsTag);
                using var list = writer.PushSequence();
                while (extensions.HasData)
                {
                    var extension = extensions.ReadEncodedValue();
                    if (new AsnReader(extension, AsnEncodingRules.DER).ReadSequence().ReadObjectIdentifier() != Oid)
                        writer.WriteEncodedValue(extension.Span);
                }
            }
        }

        return writer.Encode();
    });
}
