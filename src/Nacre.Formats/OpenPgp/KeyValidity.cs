namespace Nacre.Formats.OpenPgp;

/// <summary>
/// Whether a key of a certificate may sign data at a time: it is bound by its primary key, not revoked, not over, and meant for it
/// (RFC 9580, sections 5.2.3.13, 5.2.3.29 and 10.1.5). Only signatures of accepted algorithms count.
/// </summary>
internal sealed class KeyValidity(OpenPgpCertificate certificate, DateTimeOffset at)
{
    private const byte SignsData = 0x02;

    /// <summary>Null when it may; else the reason, in words.</summary>
    public string? FindProblem(OpenPgpKey key) => FindPrimaryProblem(out var self)
        ?? (key == certificate.Primary ? FindFlagProblem(self!, isPrimary: true) : FindSubkeyProblem(key));

    private string? FindPrimaryProblem(out OpenPgpSignature? self)
    {
        var primary = certificate.Primary;
        self = SelfSignatures().MaxBy(signature => signature.Created);

        // A revocation by a designated revoker cannot be checked without its key, so it counts.
        var hasRevoker = SelfSignatures().Any(signature => signature.Hashed.Find(SignatureSubpackets.RevocationKey) is not null);
        if (certificate.OnKey.Any(signature => signature.Type == SignatureType.KeyRevocation && (hasRevoker || IsGood(signature, primary.Hashed))))
            return $"the key {primary.Fingerprint} is revoked";

        return self is null
            ? $"the key {primary.Fingerprint} has no valid self-signature with an accepted algorithm"
            : FindExpiry(primary, self);
    }

    private IEnumerable<OpenPgpSignature> SelfSignatures()
    {
        var primary = certificate.Primary.Hashed;
        foreach (var signature in certificate.OnKey)
        {
            if (signature.Type == SignatureType.DirectKey && IsGood(signature, primary))
                yield return signature;
        }

        foreach (var (_, hashed, signatures) in certificate.Names)
        {
            var newest = signatures
                .Where(signature => IsCertification(signature) || signature.Type == SignatureType.CertificationRevocation)
                .Where(signature => IsGood(signature, primary, hashed))
                .OrderBy(signature => signature.Created).ThenBy(signature => signature.Type == SignatureType.CertificationRevocation)
                .LastOrDefault();
            if (newest is not null && IsCertification(newest))
                yield return newest;
        }
    }

    private string? FindSubkeyProblem(OpenPgpKey key)
    {
        var primary = certificate.Primary.Hashed;
        var signatures = certificate.Subkeys.First(subkey => subkey.Key == key).Signatures
            .Where(signature => IsGood(signature, primary, key.Hashed)).ToList();
        if (signatures.Exists(signature => signature.Type == SignatureType.SubkeyRevocation))
            return $"the subkey {key.Fingerprint} is revoked";
        if (signatures.Where(signature => signature.Type == SignatureType.SubkeyBinding).MaxBy(signature => signature.Created) is not { } binding)
            return $"the subkey {key.Fingerprint} is not bound to its primary key by an accepted algorithm";

        // Without the subkey's own consent, somebody could present another's key as a subkey (section 5.2.1.9).
        return FindExpiry(key, binding) ?? FindFlagProblem(binding, isPrimary: false) ?? (HasConsent(key, binding)
            ? null
            : $"the subkey {key.Fingerprint} has not signed that it belongs to {certificate.Primary.Fingerprint}");
    }

    private bool HasConsent(OpenPgpKey key, OpenPgpSignature binding) =>
        (binding.Hashed.Find(SignatureSubpackets.Embedded) ?? binding.Unhashed.Find(SignatureSubpackets.Embedded)) is { } embedded
        && OpenPgpSignature.Parse(embedded) is { Type: SignatureType.PrimaryKeyBinding } consent
        && consent.FindProblem(key, certificate.Primary.Hashed, key.Hashed) is null && !consent.HasExpired(at);

    private string? FindExpiry(OpenPgpKey key, OpenPgpSignature binding)
    {
        if (key.Created > at)
            return $"the key {key.Fingerprint} is from the future, {key.Created:u}";
        return binding.Hashed.Seconds(SignatureSubpackets.KeyExpires) is { } seconds and > 0 && key.Created.AddSeconds(seconds) is var end && end <= at
            ? $"the key {key.Fingerprint} expired on {end:u}"
            : null;
    }

    // Old primary keys say nothing and may do all; a subkey that signs has always said so.
    private static string? FindFlagProblem(OpenPgpSignature binding, bool isPrimary) => binding.Hashed.Find(SignatureSubpackets.KeyFlags) switch
    {
        null when isPrimary => null,
        [var first, ..] when (first & SignsData) != 0 => null,
        _ => "the key is not meant for signing data",
    };

    private bool IsGood(OpenPgpSignature signature, params ReadOnlySpan<ReadOnlyMemory<byte>> parts) =>
        signature.NamesIssuer(certificate.Primary) && signature.Created <= at && !signature.HasExpired(at)
        && signature.FindProblem(certificate.Primary, parts) is null;

    private static bool IsCertification(OpenPgpSignature signature) =>
        signature.Type is >= SignatureType.GenericCertification and <= SignatureType.PositiveCertification;
}
