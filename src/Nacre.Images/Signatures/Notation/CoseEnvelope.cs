using Nacre.Formats;
using Nacre.Formats.Cbor;
using Nacre.Formats.Cose;
using Nacre.Formats.X509;

namespace Nacre.Images.Signatures.Notation;

/// <summary>A signature as COSE_Sign1 (Notary Project, signature-envelope-cose.md; RFC 9052, section 4.2).</summary>
internal static class CoseEnvelope
{
    private const string Structure = "notation.cose";
    private const string ContentTypeLabel = "3";
    private const string ChainLabel = "33";
    private const ulong EpochTag = 1;
    private const int MaxEntries = 32;
    private const int MaxName = 256;

    // Years 1 to 9999, what a date here can have.
    private const long FirstSecond = -62_135_596_800;
    private const long LastSecond = 253_402_300_799;

    /// <exception cref="MalformedDataException">It is no such envelope.</exception>
    public static NotationEnvelope Parse(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length > NotationEnvelope.MaxSize)
        {
            throw new MalformedDataException(
                Structure, "(message)", 0, $"is {bytes.Length} bytes long, at most {NotationEnvelope.MaxSize} are allowed");
        }


        var message = CoseSign1.Parse(Structure, bytes, NotationEnvelope.MaxPayload, profile: NotationAlgorithm.Profile);
        var header = CborMap.Parse($"{Structure}.protected", message.ProtectedHeader, MaxEntries);
        var unsigned = CborMap.Parse($"{Structure}.unprotected", message.UnprotectedHeader, MaxEntries);
        return new()
        {
            Algorithm = message.Algorithm.Name,
            Attributes = NotationAttributes.Create(Header(header)),

            // It may stand in either; never in both, which the message was refused for.
            Chain = Chain(header.Has(ChainLabel) ? header : unsigned),
            Payload = message.Payload,
            Signed = message.SignedContent(),
            Signature = message.Signature,
            Timestamp = unsigned.FindBytes("io.cncf.notary.timestampSignature", NotationEnvelope.MaxTimestamp),
        };
    }

    private static NotationHeader Header(CborMap header) => new($"{Structure}.protected")
    {
        ContentType = header.RequireText(ContentTypeLabel, MaxName),
        Critical = CoseSign1.Critical(header),
        Scheme = header.FindText(NotationAttributes.SchemeName, MaxName),
        SigningTime = Time(header, NotationAttributes.SigningTimeName),
        AuthenticSigningTime = Time(header, NotationAttributes.AuthenticSigningTimeName),
        Expiry = Time(header, NotationAttributes.ExpiryName),
        Plugin = header.FindText(NotationAttributes.PluginName, MaxName),
    };

    private static Certificate[] Chain(CborMap header)
    {
        if (!header.TryRead(ChainLabel, out var reader))
            throw header.Malformed(ChainLabel, "(the certificates) is missing");

        var chain = new Certificate[reader.Array(ChainLabel, NotationEnvelope.MostCertificates)];
        for (var i = 0; i < chain.Length; i++)
            chain[i] = Certificate.Parse(reader.Bytes(ChainLabel, Certificate.MaxSize));
        return chain.Length > 0 ? chain : throw header.Malformed(ChainLabel, "(the certificates) is empty");
    }

    // RFC 8949, section 3.4.2; whole seconds only.
    private static DateTimeOffset? Time(CborMap header, string name)
    {
        if (!header.TryRead(name, out var reader))
            return null;
        if (reader.Tag(name) is not EpochTag)
            throw header.Malformed(name, "must be seconds since 1970 (tag 1)");
        var seconds = reader.Integer(name);
        return seconds is >= FirstSecond and <= LastSecond
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : throw header.Malformed(name, "is out of range");
    }
}
