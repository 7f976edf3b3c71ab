using System.Text.Json.Nodes;
using Nacre.Images.Oci;

namespace Nacre.Images.Policy;

/// <summary>Which certificates may sign, instead of which keys.</summary>
public abstract record CertificateRule
{
    /// <summary>Short-lived certificates of a Fulcio (containers-policy.json(5), "fulcio"): valid when the transparency log took the entry.</summary>
    /// <param name="Authorities">Roots, and intermediates that may complete a chain.</param>
    /// <param name="OidcIssuer">Who vouched for the signer, exactly.</param>
    /// <param name="Subject">Who signed, exactly.</param>
    /// <param name="LogKeys">Keys of certificate-transparency logs; given, an embedded timestamp of one of them must be there. Ours, not containers'.</param>
    /// <param name="TimeAuthorities">
    /// Roots of authorities for time stamps, and what is below them; they say when it was signed where the log keeps no time (Rekor v2). Ours,
    /// not containers'.
    /// </param>
    public sealed record Fulcio(
        KeyMaterial Authorities, string OidcIssuer, CertificateSubject Subject, KeyMaterial? LogKeys, KeyMaterial? TimeAuthorities) : CertificateRule;

    /// <summary>Certificates of one's own authority (<c>pki</c>): valid now.</summary>
    public sealed record Pki(KeyMaterial Roots, KeyMaterial? Intermediates, IReadOnlyList<CertificateSubject> Subjects) : CertificateRule;

    private CertificateRule()
    {
    }

    internal static Fulcio ReadFulcio(JsonObject json, string where)
    {
        ImagePolicy.RequireKnown(
            json,
            [
                .. KeyMaterial.Members("ca"), .. KeyMaterial.Members("ctLogPublicKey"), .. KeyMaterial.Members("timestampAuthority"),
                "oidcIssuer", "subjectEmail", "subjectURI",
            ],
            where);
        var subjects = ReadSubjects(json, where, ("subjectEmail", SubjectKind.Email), ("subjectURI", SubjectKind.Uri));
        if (subjects.Count != 1)
            throw ImagePolicy.Invalid("fulcio needs exactly one of subjectEmail, subjectURI", where);
        return new(
            KeyMaterial.Require(json, "ca", where), OciJson.Text(json, "oidcIssuer", where), subjects[0],
            KeyMaterial.Find(json, "ctLogPublicKey", where), KeyMaterial.Find(json, "timestampAuthority", where));
    }

    internal static Pki ReadPki(JsonObject json, string where)
    {
        ImagePolicy.RequireKnown(
            json, [.. KeyMaterial.Members("caRoots"), .. KeyMaterial.Members("caIntermediates"), "subjectEmail", "subjectHostname"], where);
        var subjects = ReadSubjects(json, where, ("subjectEmail", SubjectKind.Email), ("subjectHostname", SubjectKind.Hostname));
        if (subjects.Count == 0)
            throw ImagePolicy.Invalid("pki needs subjectEmail, subjectHostname or both", where);
        return new(KeyMaterial.Require(json, "caRoots", where), KeyMaterial.Find(json, "caIntermediates", where), subjects);
    }

    private static List<CertificateSubject> ReadSubjects(JsonObject json, string where, params (string Member, SubjectKind Kind)[] kinds)
    {
        var subjects = new List<CertificateSubject>();
        foreach (var (member, kind) in kinds)
        {
            if (OciJson.FindText(json, member, where) is not { } value)
                continue;
            subjects.Add(value.Length > 0 ? new(kind, value) : throw ImagePolicy.Invalid($"'{member}' is empty", where));
        }

        return subjects;
    }
}

/// <summary>Kinds of subject alternative names (RFC 5280, section 4.2.1.6).</summary>
public enum SubjectKind
{
    Email,
    Uri,
    Hostname,
}

/// <summary>A name in a certificate, compared exactly.</summary>
public sealed record CertificateSubject(SubjectKind Kind, string Value);
