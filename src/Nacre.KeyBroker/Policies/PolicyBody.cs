using System.Text;
using Nacre.Attestation.Policies;
using Nacre.Evidence.Protocol;
using Nacre.Formats.Json;

namespace Nacre.KeyBroker.Policies;

/// <summary>The messages that carry a policy (trust.md 1.11): its text is base64url without padding.</summary>
internal static class PolicyBody
{
    private const string Structure = "kbs.policy";

    /// <summary><c>{"policy"}</c>.</summary>
    public static PolicyDocument Parse(ReadOnlyMemory<byte> body, string id)
    {
        using var document = StrictJson.Parse(body, Structure, KbsProtocol.MaxMessageBytes);
        var fields = new JsonFields(Structure, document.RootElement);
        fields.Only("policy");
        return new PolicyDocument(id, Text(fields));
    }

    /// <summary><c>{"type","policy_id","policy"}</c>.</summary>
    public static PolicyDocument ParseAttestation(ReadOnlyMemory<byte> body)
    {
        using var document = StrictJson.Parse(body, Structure, KbsProtocol.MaxMessageBytes);
        var fields = new JsonFields(Structure, document.RootElement);
        fields.Only("type", "policy_id", "policy");
        var id = fields.Text("policy_id", 128);
        return PolicyDocument.IsId(id)
            ? new PolicyDocument(id, Text(fields))
            : throw fields.Malformed("policy_id", "must be 1 to 128 of a-z A-Z 0-9 - _ . and not begin with a dot");
    }

    private static string Text(JsonFields fields)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(fields.Base64Url("policy", PolicyDocument.MaxBytes));
        }
        catch (DecoderFallbackException)
        {
            throw fields.Malformed("policy", "must be UTF-8");
        }
    }
}
