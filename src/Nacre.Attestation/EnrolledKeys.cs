using System.Text.Json.Nodes;
using Nacre.Attestation.ReferenceValues;
using Nacre.Evidence.Tpm;
using Nacre.Formats;
using Nacre.Verifiers;
using Nacre.Verifiers.Tpm;

namespace Nacre.Attestation;

/// <summary>
/// The administrator's word for attestation keys that anyone could make up: the reference value <c>trusted_aks</c>, base64 of each
/// SubjectPublicKeyInfo.
/// </summary>
internal static class EnrolledKeys
{
    private const string Name = "trusted_aks";

    /// <summary>Null when the key of this evidence is not enrolled; the verifier then says that nothing vouches for it.</summary>
    public static IKeyEndorsement? Find(byte[] tpmEvidence, ReferenceValueSnapshot references, DateTimeOffset at)
    {
        TpmEvidence evidence;
        try
        {
            evidence = TpmEvidence.Parse(tpmEvidence);
        }
        catch (MalformedDataException)
        {
            // The verifier says the same with the field that is wrong.
            return null;
        }

        var key = Convert.ToBase64String(evidence.AkPublic);
        return references.Find(Name, at)?.Value is JsonArray keys
            && keys.Any(item => item is JsonValue value && value.TryGetValue<string>(out var text) && text == key)
            ? TpmKeyEndorsement.Enrolled(evidence.AkPublic) : null;
    }
}
