using Nacre.Formats;
using Nacre.Formats.Xml;

namespace Nacre.Attestation.ReferenceValues.Swid;

/// <summary>
/// Measurements of a reference integrity manifest in a SWID tag (TCG RIM), whose enveloped XML signature covers the whole document.
/// </summary>
internal sealed class SwidExtractor : IReferenceValueExtractor
{
    private const string Structure = "swid";

    public string Type => "swid";

    public ExtractedValues Extract(byte[] payload, ReferenceValueTrust trust, DateTimeOffset at)
    {
        var document = StrictXml.Parse(payload, Structure, ReferenceValueMessage.MaxBytes);
        if (!EnvelopedSignature.IsSigned(document))
        {
            return trust.AcceptUnsigned ? new(SwidManifest.Read(document)) : throw new MalformedDataException(
                Structure, "(signature)", 0, "is missing: sign the manifest (enveloped XML signature), or register its values as type sample");
        }

        var signature = EnvelopedSignature.Read(document, XmlSignatureProfile.Platform);
        var shown = new ShownSignature(signature.Certificates, key => key.VerificationKey is { } known && signature.Verify(known));
        var (_, signer) = trust.RequireSigner(Type, [shown], at, Structure);
        return new(SwidManifest.Read(document)) { Signers = [signer] };
    }
}
