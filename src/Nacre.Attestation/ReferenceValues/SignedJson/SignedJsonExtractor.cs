using Nacre.Formats;
using Nacre.Formats.Jose;

namespace Nacre.Attestation.ReferenceValues.SignedJson;

/// <summary>
/// The object of <c>sample</c> under a signature (JWS, RFC 7515): compact, flattened or general. One signature of somebody who is believed is
/// enough; the member <c>exp</c> of its protected header ends the values.
/// </summary>
internal sealed class SignedJsonExtractor : IReferenceValueExtractor
{
    private const string Structure = "reference-value.jws";

    // A token that the same key signed for another purpose is no list of reference values.
    private static readonly string?[] s_types = [null, "JOSE", "JOSE+JSON", "reference-values+json"];

    public string Type => "jws";

    public ExtractedValues Extract(byte[] payload, ReferenceValueTrust trust, DateTimeOffset at)
    {
        var message = JsonWebSignature.Parse(payload);
        var signatures = message.Signatures.Where(one => s_types.Contains(one.Type)).ToList();
        if (signatures.Count == 0)
            throw Malformed("typ", $"'{message.Signatures[0].Type}' must be absent or reference-values+json");

        var inForce = signatures.Where(one => !(at >= one.Expires)).ToList();
        if (inForce.Count == 0)
            throw Malformed("exp", $"was {signatures[0].Expires:u}");

        var (index, signer) = trust.RequireSigner(
            Type, [.. inForce.Select(one => new ShownSignature(one.Certificates, key => one.Verify(key.Jose)))], at, Structure);
        return new(SampleExtractor.Read(message.Payload)) { Signers = [signer], Expires = inForce[index].Expires };
    }

    private static MalformedDataException Malformed(string field, string rule) => new(Structure, field, 0, rule);
}
