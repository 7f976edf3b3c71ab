using System.Text.Json.Nodes;
using Nacre.Images.Oci;

namespace Nacre.Images.Policy;

/// <summary>One requirement of a policy. All of a list must hold.</summary>
public abstract record PolicyRequirement
{
    public sealed record AcceptAnything : PolicyRequirement;

    public sealed record Reject : PolicyRequirement;

    /// <summary>One of the OpenPGP keys must have signed; signatures are in a lookaside store.</summary>
    public sealed record SignedBy(KeyMaterial Keys, SignedIdentity Identity) : PolicyRequirement;

    /// <summary>One of the keys, or a certificate by the rule, must have signed; signatures are beside the image.</summary>
    /// <param name="Keys">Public keys; null when there is a rule.</param>
    /// <param name="Certificates">Which certificates are good; null when there are keys.</param>
    /// <param name="LogKeys">Keys of transparency logs (Rekor); given, one of them must have taken the signature.</param>
    /// <param name="Identity">Which signed name is good.</param>
    public sealed record SigstoreSigned(KeyMaterial? Keys, CertificateRule? Certificates, KeyMaterial? LogKeys, SignedIdentity Identity) : PolicyRequirement;

    private PolicyRequirement()
    {
    }

    /// <summary>As it stands in a policy.</summary>
    public string Type => this switch
    {
        AcceptAnything => "insecureAcceptAnything",
        Reject => "reject",
        SignedBy => "signedBy",
        SigstoreSigned => "sigstoreSigned",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

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
                return ReadSignedBy(json, where);
            default:
                throw ImagePolicy.Invalid($"the requirement type '{type}' is not known", where);
        }
    }

    private static SignedBy ReadSignedBy(JsonObject json, string where)
    {
        ImagePolicy.RequireKnown(json, ["type", "keyType", "keyPath", "keyPaths", "keyData", "signedIdentity"], where);
        return OciJson.Text(json, "keyType", where) is "GPGKeys"
            ? new(KeyMaterial.Require(json, "key", where), ReadIdentity(json, where))
            : throw ImagePolicy.Invalid("'keyType' of signedBy must be GPGKeys", where);
    }

    private static SigstoreSigned ReadSigstoreSigned(JsonObject json, string where)
    {
        ImagePolicy.RequireKnown(
            json, ["type", .. KeyMaterial.Members("key"), "fulcio", "pki", .. KeyMaterial.Members("rekorPublicKey"), "signedIdentity"], where);
        var keys = KeyMaterial.Find(json, "key", where);
        var fulcio = OciJson.FindObject(json, "fulcio", where) is { } f ? CertificateRule.ReadFulcio(f, $"{where}, fulcio") : null;
        var pki = OciJson.FindObject(json, "pki", where) is { } p ? CertificateRule.ReadPki(p, $"{where}, pki") : null;
        if ((keys is null ? 0 : 1) + (fulcio is null ? 0 : 1) + (pki is null ? 0 : 1) != 1)
            throw ImagePolicy.Invalid("sigstoreSigned needs exactly one of keyPath, keyPaths, keyData, keyDatas, fulcio, pki", where);

        var logKeys = KeyMaterial.Find(json, "rekorPublicKey", where);

        // A certificate of some minutes is worth something only with a witness for the time of the signature.
        if (fulcio is not null && logKeys is null)
            throw ImagePolicy.Invalid("fulcio needs one of rekorPublicKeyPath, rekorPublicKeyPaths, rekorPublicKeyData, rekorPublicKeyDatas", where);
        return new(keys, (CertificateRule?)fulcio ?? pki, logKeys, ReadIdentity(json, where));
    }

    private static SignedIdentity ReadIdentity(JsonObject json, string where) => OciJson.FindObject(json, "signedIdentity", where) is { } known
        ? SignedIdentity.Read(known, where)
        : new SignedIdentity.MatchRepoDigestOrExact();
}
