using Nacre.Evidence.Nvidia;
using Nacre.Formats;
using Nacre.Formats.X509;

namespace Nacre.Verifiers.Nvidia;

/// <summary>Whether a manifest is NVIDIA's: signed by a certificate that goes back to the pinned root of its signing service.</summary>
public static class NvidiaManifestSignature
{
    /// <summary>NVIDIA CoRIM signing Root CA (evidence.md 0).</summary>
    public const string RootKey = "dec1dc316477aa851eebdf51327ae9f864bc8d89254657ed1e7eb9168af1e1a3";

    /// <summary>Null when it is; else the reason, in words.</summary>
    public static string? FindProblem(NvidiaReferenceManifest manifest, DateTimeOffset at)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        var chain = manifest.Signature.Certificates;
        if (VerificationKey.Digest(chain[^1].SubjectPublicKeyInfo.Span) != RootKey)
            return $"its certificates end at {chain[^1].Subject}, which is not the pinned root";

        for (var i = 0; i < chain.Count; i++)
        {
            if (!chain[i].IsValidAt(at))
                return $"{chain[i].Subject} is valid from {chain[i].NotBefore:u} to {chain[i].NotAfter:u}";

            var issuer = chain[Math.Min(i + 1, chain.Count - 1)];
            if (CertificateIssuance.FindProblem(chain[i], issuer, authoritiesBelow: Math.Min(i, chain.Count - 2)) is { } problem)
                return $"{chain[i].Subject}: {problem}";
        }

        try
        {
            using var key = VerificationKey.Import(chain[0].SubjectPublicKeyInfo.Span);
            return !manifest.Signature.DigestMatches ? "its content was changed after it was signed"
                : manifest.Signature.Verify(key) ? null : $"its signature is not one by the key of {chain[0].Subject}";
        }
        catch (MalformedDataException error)
        {
            return error.Message;
        }
    }
}
