using Nacre.Formats.X509;
using Nacre.Images.Signatures.Notation;

namespace Nacre.Images.Policy.Notation;

/// <summary>
/// The checks of one trust policy on a signature that is whole: who signed, until when it is good, and whether the certificates were valid.
/// </summary>
internal sealed class NotationSignatureRules(NotationRule rule, string trustStore, DateTimeOffset now)
{
    /// <returns>What the policy refuses it for, or null; and what it only reports.</returns>
    public (string? Enforced, IReadOnlyList<string> Logged) Check(NotationEnvelope envelope)
    {
        (NotationValidation Validation, Func<NotationEnvelope, string?> Find)[] checks =
        [
            (NotationValidation.Authenticity, FindIdentityProblem), (NotationValidation.Expiry, FindExpiryProblem),
            (NotationValidation.AuthenticTimestamp, FindTimeProblem), (NotationValidation.Revocation, FindRevocationProblem),
        ];
        var logged = new List<string>();
        foreach (var (validation, find) in checks)
        {
            if (rule.Level[validation] == NotationAction.Skip || find(envelope) is not { } problem)
                continue;
            if (rule.Level[validation] == NotationAction.Enforce)
                return (problem, logged);
            logged.Add($"not enforced by the policy: {problem}");
        }

        return (null, logged);
    }

    private string? FindIdentityProblem(NotationEnvelope envelope)
    {
        var kind = envelope.Attributes.Scheme == NotationScheme.X509 ? NotationStoreName.Authorities : NotationStoreName.SigningAuthorities;
        var anchors = Certificates(kind);
        if (anchors.Count == 0)
            return $"its signing scheme wants a trust store of kind '{kind}', and the policy names none";
        if (!envelope.Chain.Any(certificate => anchors.Any(anchor => anchor.Raw.Span.SequenceEqual(certificate.Raw.Span))))
            return $"its root {envelope.Chain[^1].Subject} is in none of the trust stores {Names(kind)}";

        var subject = envelope.Chain[0].Subject;
        return rule.Identities.Count == 0 || rule.Identities.Any(identity => identity.Matches(subject))
            ? null
            : $"its signer is {TrustedIdentity.Describe(subject)}, wanted is {rule}";
    }

    private string? FindExpiryProblem(NotationEnvelope envelope) =>
        envelope.Attributes.Expiry is { } expiry && now >= expiry ? $"the signature expired at {expiry:u}" : null;

    private string? FindTimeProblem(NotationEnvelope envelope)
    {
        // A signing authority's word for the time is signed; that the chain was valid then was checked with the signature.
        if (envelope.Attributes.Scheme == NotationScheme.SigningAuthority)
            return null;
        if (WantsTimestamp(envelope))
        {
            return envelope.Timestamp is { } token
                ? NotationTimestamp.FindProblem(token, envelope, Certificates(NotationStoreName.TimestampAuthorities))
                : "it has no time stamp, and the policy wants one";
        }

        return NotationChain.FindDateProblem(envelope.Chain, now) is { } today
            ? $"{today}; the policy names no trust store of kind 'tsa' by which a time stamp could show that it was valid when it signed"
            : null;
    }

    private bool WantsTimestamp(NotationEnvelope envelope) =>
        envelope.Attributes.Scheme == NotationScheme.X509
        && rule.Stores.Any(store => store.Kind == NotationStoreName.TimestampAuthorities)
        && !(rule.Level.TimestampOnlyWhenExpired && NotationChain.FindDateProblem(envelope.Chain, now) is null);

    // Notation would ask; a guest that asks the network for it gives the network the say.
    private string? FindRevocationProblem(NotationEnvelope envelope)
    {
        var authorities = WantsTimestamp(envelope) && envelope.Timestamp is { } token ? NotationTimestamp.Certificates(token) : [];
        return envelope.Chain.SkipLast(1).Concat(authorities).FirstOrDefault(IsRevocable) is { } certificate
            ? $"{certificate.Subject} can be revoked, and whether it was is not asked here; the policy may override 'revocation' with log or skip"
            : null;
    }

    private static bool IsRevocable(Certificate certificate) =>
        certificate.Extensions.Find(CertificateExtensions.CrlDistributionPointsOid) is not null
        || CertificateUse.Read(certificate).HasStatusResponder;

    private List<Certificate> Certificates(string kind) =>
        [.. rule.Stores.Where(store => store.Kind == kind).SelectMany(store => NotationTrustStore.Read(trustStore, store))];

    private string Names(string kind) => string.Join(", ", rule.Stores.Where(store => store.Kind == kind).Select(store => store.Name));
}
