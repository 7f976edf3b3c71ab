using System.Text;
using System.Text.Json.Nodes;
using Nacre.Images.Oci;

namespace Nacre.Images.Policy;

/// <summary>One requirement of a policy. All of a list must hold.</summary>
public abstract record PolicyRequirement
{
    public sealed record AcceptAnything : PolicyRequirement;

    public sealed record Reject : PolicyRequirement;

    /// <summary>One of the keys must have signed.</summary>
    /// <param name="KeyPaths">Files, or <c>kbs:///…</c>.</param>
    /// <param name="KeyTexts">Keys that stand in the policy, as PEM.</param>
    /// <param name="Identity">Which signed name is good.</param>
    public sealed record SigstoreSigned(IReadOnlyList<string> KeyPaths, IReadOnlyList<byte[]> KeyTexts, SignedIdentity Identity) : PolicyRequirement;

    private const int MostKeys = 64;

    private PolicyRequirement()
    {
    }

    internal static PolicyRequirement Read(JsonObject json, string where)
    {
        var type = OciJson.FindText(json, "type", where) ?? throw ImagePolicy.Invalid("a requirement has no 'type'", where);
        switch (type)
        {
            case "insecureAcceptAnything":
                ImagePolicy.RequireKnown(json, ["type"], where);
                return new AcceptAnything();
            case "reject":
                ImagePolicy.RequireKnown(json, ["type"], where);
                return new Reject();
            case "sigstoreSigned":
                return ReadSigstoreSigned(json, where);
            case "signedBy":
                throw new ImageException(ImageFault.Unsupported, "the requirement 'signedBy' (GPG) is not supported yet", where,
                    "use sigstoreSigned with a key; skopeo and cosign write such signatures");
            default:
                throw ImagePolicy.Invalid($"the requirement type '{type}' is not known", where);
        }
    }

    private static SigstoreSigned ReadSigstoreSigned(JsonObject json, string where)
    {
        foreach (var later in (ReadOnlySpan<string>)["fulcio", "pki", "rekorPublicKeyPath", "rekorPublicKeyPaths", "rekorPublicKeyData", "rekorPublicKeyDatas"])
        {
            if (json.ContainsKey(later))
            {
                throw new ImageException(ImageFault.Unsupported, $"'{later}' in sigstoreSigned is not supported yet", where,
                    "use keyPath, keyPaths, keyData or keyDatas");
            }
        }

        ImagePolicy.RequireKnown(json, ["type", "keyPath", "keyPaths", "keyData", "keyDatas", "signedIdentity"], where);
        string[] given = [.. ((string[])["keyPath", "keyPaths", "keyData", "keyDatas"]).Where(json.ContainsKey)];
        if (given.Length != 1)
            throw ImagePolicy.Invalid("sigstoreSigned needs exactly one of keyPath, keyPaths, keyData, keyDatas", where);

        var values = given[0].EndsWith('s') ? OciJson.Texts(json, given[0], MostKeys, where) : [OciJson.Text(json, given[0], where)];
        if (values.Count == 0)
            throw ImagePolicy.Invalid($"'{given[0]}' is empty", where);

        var identity = OciJson.FindObject(json, "signedIdentity", where) is { } known
            ? SignedIdentity.Read(known, where)
            : new SignedIdentity.MatchRepoDigestOrExact();
        return given[0].StartsWith("keyPath", StringComparison.Ordinal)
            ? new(values, [], identity)
            : new([], [.. values.Select(value => KeyText(value, where))], identity);
    }

    // The specification says base64; PEM as it is occurs as well (guest.md 6.9).
    private static byte[] KeyText(string value, string where)
    {
        if (value.Contains("-----BEGIN", StringComparison.Ordinal))
            return Encoding.UTF8.GetBytes(value);

        var bytes = new byte[value.Length];
        return Convert.TryFromBase64String(value, bytes, out var length)
            ? bytes[..length]
            : throw ImagePolicy.Invalid("key data is neither base64 nor PEM", where);
    }
}
